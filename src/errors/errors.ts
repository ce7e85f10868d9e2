/**
 * The closed set of error kinds that all packages share. A kind says what the caller can do about it;
 * each wire (HTTP status, gRPC code, exit code) has one full table from kind to its own value, so that
 * a new kind does not compile until every table knows it.
 */
export const ERROR_KINDS = [
  "invalidArgument",
  "unauthorized",
  "forbidden",
  "notFound",
  "exists",
  "conflict",
  "notModified",
  "failedPrecondition",
  "unavailable",
  "cancelled",
  "deadline",
  "exhausted",
  "outOfRange",
  "dataLoss",
  "notImplemented",
  "system",
] as const;

export type ErrorKind = (typeof ERROR_KINDS)[number];

export interface EngineErrorOptions {
  cause?: unknown;
  /** Facts for programs (ids, paths, exit codes), JSON-safe. */
  data?: Record<string, unknown>;
}

/** An error with a kind. `message` says what failed, on which object, why, and what to do. */
export class EngineError extends Error {
  readonly kind: ErrorKind;
  readonly data: Record<string, unknown> | undefined;

  constructor(kind: ErrorKind, message: string, options: EngineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "EngineError";
    this.kind = kind;
    this.data = options.data;
  }
}

type Make = (message: string, options?: EngineErrorOptions) => EngineError;
const make =
  (kind: ErrorKind): Make =>
  (message, options) =>
    new EngineError(kind, message, options);

export const invalidArgument = make("invalidArgument");
export const unauthorized = make("unauthorized");
export const forbidden = make("forbidden");
export const notFound = make("notFound");
export const exists = make("exists");
export const conflict = make("conflict");
export const notModified = make("notModified");
export const failedPrecondition = make("failedPrecondition");
export const unavailable = make("unavailable");
export const cancelled = make("cancelled");
export const deadline = make("deadline");
export const exhausted = make("exhausted");
export const outOfRange = make("outOfRange");
export const dataLoss = make("dataLoss");
export const notImplemented = make("notImplemented");
export const systemError = make("system");

/**
 * The kind of an error: that of the first error with a kind along the chain of causes, else "system".
 * Looks at the property, not the class, so that errors from another process or bundle are known too.
 */
export function kindOf(error: unknown): ErrorKind {
  for (let e = error; e instanceof Error; e = e.cause) {
    const kind = (e as { kind?: unknown }).kind;
    if (typeof kind === "string" && (ERROR_KINDS as readonly string[]).includes(kind))
      return kind as ErrorKind;
  }
  return "system";
}

export const isNotFound = (error: unknown): boolean => kindOf(error) === "notFound";

/** For what is as well if it is not there. Errors: any other. */
export function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
export const isConflict = (error: unknown): boolean => kindOf(error) === "conflict";
export const isCancelled = (error: unknown): boolean => kindOf(error) === "cancelled";

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The errno name ("ENOENT") of a failed system call, if the error is one. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}
