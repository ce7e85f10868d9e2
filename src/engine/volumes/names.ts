import { randomBytes } from "node:crypto";
import { invalidArgument } from "../../errors/errors.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Errors: invalidArgument, in stock's words. */
export function checkVolumeName(name: string): void {
  if (name.length === 1) {
    throw invalidArgument(
      `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
    );
  }
  if (!NAME.test(name) || name.length > 255) {
    throw invalidArgument(
      `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
}

/** A name for an anonymous volume: 64 hex digits. */
export function anonymousName(): string {
  return randomBytes(32).toString("hex");
}
