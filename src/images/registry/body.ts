import { cancelled, EngineError } from "../../errors/errors.ts";
import { refusal } from "./failure.ts";
import type { Answer } from "./transport.ts";

/** Enough for any JSON error of a registry. */
const ERROR_BODY = 8192;

/**
 * The pieces of a body; ends with an error when none comes for `idle` milliseconds, so that a registry that
 * goes silent cannot hold a pull for ever. Leaving the loop closes the connection.
 */
export async function* pieces(
  answer: Answer,
  idle: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (!answer.body) return;
  const reader = answer.body.getReader();
  let silent = false;
  const timer = setTimeout(() => {
    silent = true;
    reader.cancel().catch(() => {});
  }, idle);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (signal?.aborted) throw cancelled("context canceled");
      if (silent)
        throw new EngineError(
          "deadline",
          `"${answer.url}" sent nothing for ${Math.round(idle / 1000)} seconds`,
        );
      if (done) return;
      yield value;
      timer.refresh();
    }
  } catch (error) {
    if (signal?.aborted) throw cancelled("context canceled", { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
}

/** Reads a body that must fit in `limit` bytes. Errors: dataLoss when it does not. */
export async function readLimited(
  answer: Answer,
  limit: number,
  idle: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of pieces(answer, idle, signal)) {
    length += part.length;
    if (length > limit)
      throw new EngineError("dataLoss", `"${answer.url}" answered with more than ${limit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The error that an unsuccessful answer stands for; reads as much of the body as an error needs. */
export async function refused(answer: Answer, idle: number): Promise<EngineError> {
  let body = "";
  const decoder = new TextDecoder();
  try {
    for await (const part of pieces(answer, idle)) {
      body += decoder.decode(part, { stream: true });
      if (body.length > ERROR_BODY) break;
    }
  } catch {
    // The status says enough.
  }
  return refusal(answer, body);
}
