/** What a call ends with: in trailers, and what the absence of trailers means. */
import { EngineError, type ErrorKind, kindOf, messageOf } from "../errors/errors.ts";
import { GRPC_CODE, kindOfCode } from "../errors/grpc.ts";
import { CODE, ConnectionError, type StreamError } from "../http2/errors.ts";
import type { Field } from "../http2/hpack/table.ts";

/** The value of a field; undefined when it is not there. */
export function fieldValue(fields: readonly Field[], name: string): string | undefined {
  return fields.find((field) => field[0] === name)?.[1];
}

/** Everything but printable ASCII is escaped, as UTF-8. */
export function encodeMessage(text: string): string {
  if (/^[ -$&-~]*$/.test(text)) return text;
  let out = "";
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    out += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}

/** What is no valid escape stays as it is, as the protocol asks for. */
export function decodeMessage(text: string): string {
  if (!text.includes("%")) return text;
  const bytes = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString();
}

export const OK: readonly Field[] = [["grpc-status", "0"]];

/** Trailers that tell an error. */
export function trailersOf(error: unknown): Field[] {
  return [
    ["grpc-status", String(GRPC_CODE[kindOf(error)])],
    ["grpc-message", encodeMessage(messageOf(error))],
  ];
}

/** The error that trailers tell; undefined when all is well. */
export function errorOfTrailers(trailers: readonly Field[]): EngineError | undefined {
  const status = fieldValue(trailers, "grpc-status");
  if (status === "0") return undefined;
  if (status === undefined) return new EngineError("system", "the server ended the call without a status");
  const message = decodeMessage(fieldValue(trailers, "grpc-message") ?? "");
  return new EngineError(kindOfCode(Number(status)), message);
}

/** The error for an answer that does not come from a gRPC service; undefined when it may. */
export function errorOfResponse(fields: readonly Field[]): EngineError | undefined {
  const status = fieldValue(fields, ":status");
  const type = fieldValue(fields, "content-type");
  if (status === "200" && type?.startsWith("application/grpc")) return undefined;
  const kind = KIND_OF_HTTP[status ?? ""] ?? "system";
  return new EngineError(
    kind,
    `the server does not speak gRPC: it answered with HTTP status ${status}, content type ${JSON.stringify(type ?? "")}`,
  );
}

const KIND_OF_HTTP: Readonly<Record<string, ErrorKind>> = {
  400: "system",
  401: "unauthorized",
  403: "forbidden",
  404: "notImplemented",
  429: "unavailable",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

const KIND_OF_RESET: Readonly<Record<number, ErrorKind>> = {
  [CODE.REFUSED_STREAM]: "unavailable",
  [CODE.CANCEL]: "cancelled",
  [CODE.ENHANCE_YOUR_CALM]: "exhausted",
  [CODE.INADEQUATE_SECURITY]: "forbidden",
};

/** The error for a stream or connection that ended before the call did. */
export function errorOfAbort(cause: StreamError | ConnectionError): EngineError {
  const lost = cause instanceof ConnectionError || cause.unprocessed;
  const kind = lost ? "unavailable" : (KIND_OF_RESET[cause.code] ?? "system");
  const text = lost ? `error reading from server: ${cause.message}` : cause.message;
  return new EngineError(kind, text, { cause });
}
