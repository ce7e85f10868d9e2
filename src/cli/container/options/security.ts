import { readFileSync } from "node:fs";
import type { HostConfig } from "../../../api/schema.ts";
import { errnoOf, messageOf } from "../../../errors/errors.ts";

/**
 * What --security-opt asks for. Seccomp profiles are read here and sent along; systempaths=unconfined is turned into
 * empty lists of paths. Errors: in the words of the docker client.
 */
export function parseSecurity(
  options: readonly string[],
): Pick<HostConfig, "SecurityOpt" | "MaskedPaths" | "ReadonlyPaths"> {
  const checked = options.map(checkOption);
  const SecurityOpt = checked.filter((option) => option !== "systempaths=unconfined");
  return SecurityOpt.length === checked.length
    ? { SecurityOpt }
    : { SecurityOpt, MaskedPaths: [], ReadonlyPaths: [] };
}

function checkOption(option: string): string {
  const [key, value] = split(option);
  if (key !== "no-new-privileges" && !value)
    throw new Error(`Invalid --security-opt: ${JSON.stringify(option)}`);
  if (key !== "seccomp" || value === "unconfined" || value === "builtin") return option;
  return `seccomp=${readProfile(value!)}`;
}

function split(option: string): [key: string, value: string | undefined] {
  const equals = option.indexOf("=");
  const at = equals >= 0 || option === "no-new-privileges" ? equals : option.indexOf(":");
  return at < 0 ? [option, undefined] : [option.slice(0, at), option.slice(at + 1)];
}

function readProfile(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const why = errnoOf(error) === "ENOENT" ? "no such file or directory" : messageOf(error);
    throw new Error(`opening seccomp profile (${path}) failed: open ${path}: ${why}`);
  }
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    throw new Error(`compacting json for seccomp profile (${path}) failed: ${messageOf(error)}`);
  }
}
