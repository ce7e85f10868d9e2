import {
  type EngineError,
  invalidArgument,
  kindOf,
  messageOf,
  systemError,
  unavailable,
} from "../../../errors/errors.ts";

export interface StartFailure {
  /** As a shell gives it: 126 cannot be run, 127 not found, 128 anything else. */
  exitCode: number;
  error: EngineError;
}

const NOT_FOUND = [
  "executable file not found",
  "no such file or directory",
  "system cannot find the file specified",
  "failed to run runc create/exec call",
];

/** What a failed start means to the user, from the text of the OCI runtime (clients look at it, too). */
export function startFailure(cause: unknown, context: string): StartFailure {
  if (kindOf(cause) === "unavailable") {
    const text = `${context}: containerd cannot be reached: ${messageOf(cause)}`;
    return { exitCode: 128, error: unavailable(text, { cause }) };
  }
  let text = `${context}: ${messageOf(cause)}`;
  const has = (part: string) => text.toLowerCase().includes(part);
  if (has("permission denied")) return { exitCode: 126, error: invalidArgument(text, { cause }) };
  if (has("is a directory")) {
    text += ": permission denied";
    return { exitCode: 126, error: invalidArgument(text, { cause }) };
  }
  if (has("not a directory")) {
    text +=
      ": Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type";
    return { exitCode: 127, error: invalidArgument(text, { cause }) };
  }
  if (NOT_FOUND.some(has)) return { exitCode: 127, error: invalidArgument(text, { cause }) };
  return { exitCode: 128, error: systemError(text, { cause }) };
}
