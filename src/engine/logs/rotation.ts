import { invalidArgument, messageOf } from "../../errors/errors.ts";
import { parseSize } from "../../units/size.ts";
import type { RotationOptions } from "./files/rotated.ts";
import { parseCount } from "./options.ts";

/** Sizes and counts where the options say nothing. */
export interface RotationDefaults {
  maxSize: number;
  maxFiles: number;
  compress: boolean;
}

export const JSON_FILE_ROTATION: RotationDefaults = { maxSize: 0, maxFiles: 1, compress: false };
export const LOCAL_ROTATION: RotationDefaults = { maxSize: 20 * 1024 * 1024, maxFiles: 5, compress: true };

/** Reads <prefix>max-size, -max-file and -compress. Errors: invalidArgument, with stock's texts. */
export function rotationOf(
  options: Record<string, string>,
  defaults: RotationDefaults,
  prefix = "",
): RotationOptions {
  const maxSize = sizeOf(`${prefix}max-size`, options[`${prefix}max-size`], defaults.maxSize);
  const files = options[`${prefix}max-file`];
  const maxFiles = files === undefined ? defaults.maxFiles : parseCount(`${prefix}max-file`, files);
  if (maxFiles < 1) throw invalidArgument(`${prefix}max-file cannot be less than 1`);
  const asked = options[`${prefix}compress`];
  if (asked === "true" && (maxFiles === 1 || maxSize === 0)) {
    throw invalidArgument("compress cannot be true when max-file is less than 2 or max-size is not set");
  }
  return { maxSize, maxFiles, compress: asked === undefined ? defaults.compress : asked === "true" };
}

function sizeOf(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (text === "-1") return 0;
  let size: number;
  try {
    size = parseSize(text);
  } catch (cause) {
    throw invalidArgument(`invalid log-opt ${name}=${text}: ${messageOf(cause)}`, { cause });
  }
  if (size <= 0) throw invalidArgument(`${name} must be a positive number`);
  return size;
}
