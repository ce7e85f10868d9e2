import { EngineError } from "../errors/errors.ts";
import { kindOfCode } from "../errors/grpc.ts";

interface StatusLike {
  code: number;
  details: string;
}

function isStatus(error: unknown): error is Error & StatusLike {
  const status = error as Partial<StatusLike> | undefined;
  return error instanceof Error && typeof status?.code === "number" && typeof status.details === "string";
}

/** The engine's error for what a gRPC call failed with; the message is the server's own. */
export function fromGrpcError(error: unknown): unknown {
  return isStatus(error) ? new EngineError(kindOfCode(error.code), error.details, { cause: error }) : error;
}
