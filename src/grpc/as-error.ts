import { EngineError, kindOf, messageOf } from "../errors/errors.ts";
import { ConnectionError, StreamError } from "../http2/errors.ts";
import { errorOfAbort } from "./status.ts";

/** Anything thrown as an error with a kind. */
export function asError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  if (error instanceof StreamError || error instanceof ConnectionError) return errorOfAbort(error);
  return new EngineError(kindOf(error), messageOf(error), { cause: error });
}
