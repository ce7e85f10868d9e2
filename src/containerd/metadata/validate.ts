import { EngineError, failedPrecondition, invalidArgument, kindOf, messageOf } from "../../errors/errors.ts";
import type { CallContext } from "../../grpc/server.ts";

const IDENTIFIER = /^[A-Za-z0-9]+(?:[._-](?:[A-Za-z0-9]+))*$/;
const MAX_IDENTIFIER = 76;
const MAX_LABEL = 4096;

/** Ids of containers, execs, leases and namespaces. Errors: invalidArgument. */
export function checkIdentifier(id: string): void {
  if (id === "") throw invalidArgument("identifier must not be empty: invalid argument");
  if (id.length > MAX_IDENTIFIER)
    throw invalidArgument(
      `identifier ${JSON.stringify(id)} greater than maximum length (${MAX_IDENTIFIER} characters): invalid argument`,
    );
  if (!IDENTIFIER.test(id))
    throw invalidArgument(
      `identifier ${JSON.stringify(id)} must match ${IDENTIFIER.source}: invalid argument`,
    );
}

/** Runs a check whose errors begin with what is checked. */
export function within(what: string, check: () => void): void {
  try {
    check();
  } catch (cause) {
    throw new EngineError(kindOf(cause), `${what}: ${messageOf(cause)}`, { cause });
  }
}

/** Errors: invalidArgument when a label is too long to be stored. */
export function checkLabels(labels: Record<string, string>): void {
  for (const [key, value] of Object.entries(labels)) {
    if (key.length + value.length > MAX_LABEL)
      throw invalidArgument(
        `label key and value greater than maximum size (${MAX_LABEL} bytes), key: ${key.slice(0, 10)}: invalid argument`,
      );
  }
}

/** The namespace of a call. Errors: failedPrecondition without one. */
export function namespaceOf({ namespace }: CallContext): string {
  if (namespace === "") throw failedPrecondition("namespace is required: failed precondition");
  within("namespace validation", () => checkIdentifier(namespace));
  return namespace;
}
