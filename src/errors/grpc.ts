import { ERROR_KINDS, type ErrorKind } from "./errors.ts";

/** gRPC and ttrpc: the status code for each kind (google.golang.org/grpc/codes numbers). */
export const GRPC_CODE: Record<ErrorKind, number> = {
  invalidArgument: 3,
  unauthorized: 16,
  forbidden: 7,
  notFound: 5,
  exists: 6,
  conflict: 9,
  notModified: 9,
  failedPrecondition: 9,
  unavailable: 14,
  cancelled: 1,
  deadline: 4,
  exhausted: 8,
  outOfRange: 11,
  dataLoss: 15,
  notImplemented: 12,
  system: 2,
};

/** The kind that a client reads from a gRPC or ttrpc status code. */
export function kindOfCode(code: number): ErrorKind {
  if (code === 9) return "failedPrecondition";
  return ERROR_KINDS.find((kind) => GRPC_CODE[kind] === code) ?? "system";
}
