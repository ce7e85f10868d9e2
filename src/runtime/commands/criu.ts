import { type EngineError, notImplemented, systemError } from "../../errors/errors.ts";

/** Why `command` cannot be done here: CRIU is missing, or docker-runc does not drive it. */
export function criuError(command: "checkpoint" | "restore"): EngineError {
  if (!Bun.which("criu"))
    return systemError(
      `${command} needs CRIU: exec: "criu": executable file not found in $PATH: install criu`,
    );
  return notImplemented(`${command} by CRIU is not implemented in docker-runc; use runc for it`);
}
