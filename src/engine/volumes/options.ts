import { invalidArgument } from "../../errors/errors.ts";

/** What the local driver is asked to mount over the volume's folder. */
export interface VolumeMount {
  type: string;
  device: string;
  options: string;
}

const KNOWN = ["type", "device", "o", "size"];

/** Reads `docker volume create -o ...`; undefined for a plain folder. Errors: invalidArgument. */
export function volumeMountOf(name: string, options: Record<string, string>): VolumeMount | undefined {
  const keys = Object.keys(options);
  if (keys.length === 0) return undefined;
  const unknown = keys.find((key) => !KNOWN.includes(key));
  if (unknown !== undefined) throw invalidArgument(`create ${name}: invalid option: "${unknown}"`);
  if (options["size"] !== undefined) {
    throw invalidArgument(`create ${name}: quota size requested but no quota support`);
  }
  for (const key of ["device", "type"]) {
    if (!options[key]) throw invalidArgument(`create ${name}: missing required option: "${key}"`);
  }
  return { type: options["type"]!, device: options["device"]!, options: options["o"] ?? "" };
}
