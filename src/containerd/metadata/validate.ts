import { failedPrecondition, invalidArgument } from "../../errors/errors.ts";
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

/** Errors: invalidArgument when a label is too long to be stored. */
export function checkLabels(labels: Record<string, string>): void {
  for (const [key, value] of Object.entries(labels)) {
    if (key.length + value.length > MAX_LABEL)
      throw invalidArgument(
        `label key and value length (${key.length + value.length} bytes) greater than maximum size (${MAX_LABEL} bytes), key: ${key.slice(0, 64)}: invalid argument`,
      );
  }
}

/** The namespace of a call. Errors: failedPrecondition without one. */
export function namespaceOf({ namespace }: CallContext): string {
  if (namespace === "") throw failedPrecondition("namespace is required: failed precondition");
  checkIdentifier(namespace);
  return namespace;
}
