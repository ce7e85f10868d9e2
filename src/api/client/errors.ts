import { EngineError } from "../../errors/errors.ts";
import { kindOfStatus } from "../../errors/http.ts";

/** What the engine answered instead of what was asked for. `message` is the engine's own. */
export class ApiError extends EngineError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(kindOfStatus(status), message);
    this.name = "ApiError";
    this.status = status;
  }
}

/** The error in a response's body: {"message"} or plain text. */
export function apiError(status: number, contentType: string, body: string, target: string): ApiError {
  const text = body.trim();
  if (contentType.startsWith("application/json")) {
    const message = messageIn(text);
    if (message !== undefined) return new ApiError(status, message);
  }
  const fallback = `request returned status ${status} for API route ${target}, check if the server supports the requested API version`;
  return new ApiError(status, text === "" ? fallback : text);
}

function messageIn(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const message = (parsed as { message?: unknown } | null)?.message;
    return typeof message === "string" ? message.trim() : undefined;
  } catch {
    return undefined;
  }
}
