import { ERROR_KINDS, type ErrorKind } from "./errors.ts";

/** Engine API: the HTTP status for each kind. */
export const HTTP_STATUS: Record<ErrorKind, number> = {
  invalidArgument: 400,
  unauthorized: 401,
  forbidden: 403,
  notFound: 404,
  exists: 409,
  conflict: 409,
  notModified: 304,
  failedPrecondition: 409,
  unavailable: 503,
  cancelled: 499,
  deadline: 504,
  exhausted: 429,
  outOfRange: 400,
  dataLoss: 500,
  notImplemented: 501,
  system: 500,
};

/** The kind that a client reads from an HTTP status; the first of several with the same status. */
export function kindOfStatus(status: number): ErrorKind {
  if (status === 409) return "conflict";
  return (
    ERROR_KINDS.find((kind) => HTTP_STATUS[kind] === status) ?? (status < 500 ? "invalidArgument" : "system")
  );
}
