import { type EngineError, isCancelled, notFound } from "../../errors/errors.ts";
import { failureOf } from "./failure.ts";

/**
 * A pull's failure as stock words it for the image. `suffix` is ":tag" or "@digest". Clients match on these
 * texts; they follow the registry's error codes, not the HTTP status.
 */
export function translatePullError(error: unknown, name: string, suffix: string): Error {
  const cause = error instanceof Error ? error : new Error(String(error));
  if (isCancelled(cause)) return cause;
  const say = (text: string): EngineError =>
    notFound(`${text}: ${cause.message}`, { cause, data: { ...failureOf(cause) } });
  switch (failureOf(cause)?.code) {
    case "DENIED":
      return say(`pull access denied for ${name}, repository does not exist or may require 'docker login'`);
    case "MANIFEST_UNKNOWN":
      return say(`manifest for ${name}${suffix} not found`);
    case "NAME_UNKNOWN":
      return say(`repository ${name} not found`);
    default:
      return cause;
  }
}
