import { messageOf } from "../errors/errors.ts";

/** An error as the client prints it: what the engine says is marked as such. */
export function describe(error: unknown): string {
  const status = (error as { status?: unknown } | undefined)?.status;
  return typeof status === "number" ? `Error response from daemon: ${messageOf(error)}` : messageOf(error);
}
