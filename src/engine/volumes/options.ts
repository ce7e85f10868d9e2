import { invalidArgument, messageOf } from "../../errors/errors.ts";
import { parseSize } from "../../units/size.ts";

/** What the local driver is asked to mount over the volume's folder. */
export interface VolumeMount {
  type: string;
  device: string;
  options: string;
}

export interface VolumeOptions {
  /** Undefined for a plain folder. */
  mount: VolumeMount | undefined;
  /** Bytes that the volume may hold; 0 for no limit. */
  quota: number;
}

const KNOWN = ["type", "device", "o", "size"];

/** What each option needs beside it. */
const NEEDED: Record<string, readonly string[]> = {
  device: ["type"],
  type: ["device"],
  o: ["device", "type"],
};

function sizeOf(name: string, text: string): number {
  try {
    return parseSize(text);
  } catch (cause) {
    throw invalidArgument(`create ${name}: ${messageOf(cause)}`, { cause });
  }
}

/** Reads `docker volume create -o ...`. Errors: invalidArgument. */
export function volumeOptionsOf(name: string, options: Record<string, string>): VolumeOptions {
  const keys = Object.keys(options);
  const unknown = keys.find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) throw invalidArgument(`create ${name}: invalid option: "${unknown}"`);
  for (const needed of keys.flatMap((key) => NEEDED[key] ?? []))
    if (!options[needed]) throw invalidArgument(`create ${name}: missing required option: "${needed}"`);
  const quota = options["size"] === undefined ? 0 : sizeOf(name, options["size"]);
  if (!options["type"]) return { mount: undefined, quota };
  const mount = { type: options["type"]!, device: options["device"]!, options: options["o"] ?? "" };
  return { mount, quota };
}
