import { EngineError, type ErrorKind } from "../../errors/errors.ts";
import { parseChallenges } from "./challenge.ts";

/** Facts of a failed exchange with a registry, carried in an error's `data`. */
export interface Failure {
  /** HTTP status; 0 if no answer came. */
  status: number;
  /** The registry's own error code ("MANIFEST_UNKNOWN"), or "". */
  code: string;
}

/** The facts of a registry error anywhere along the chain of causes. */
export function failureOf(error: unknown): Failure | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    const data = (e as EngineError).data as Partial<Failure> | undefined;
    if (typeof data?.status === "number" && typeof data.code === "string")
      return { status: data.status, code: data.code };
  }
  return undefined;
}

/** Stock's texts for codes whose error came without a message (distribution-spec, error codes). */
const DEFAULT_MESSAGES: Record<string, string> = {
  UNAUTHORIZED: "authentication required",
  DENIED: "requested access to the resource is denied",
  TOOMANYREQUESTS: "too many requests",
  UNKNOWN: "unknown error",
};

const KINDS: Record<string, ErrorKind> = {
  DENIED: "forbidden",
  MANIFEST_UNKNOWN: "notFound",
  NAME_UNKNOWN: "notFound",
  BLOB_UNKNOWN: "notFound",
  TOOMANYREQUESTS: "exhausted",
};

const text = (code: string, message: string): string =>
  `${code.toLowerCase().replaceAll("_", " ")}: ${message || DEFAULT_MESSAGES[code] || "unknown error"}`;

function failure(status: number, code: string, message: string): EngineError {
  return new EngineError(KINDS[code] ?? "system", message, { data: { status, code } });
}

interface WireError {
  code: string;
  message: string;
}

/** The `errors` of a distribution-spec error body; [] if the body is something else. */
function wireErrors(body: string): WireError[] {
  try {
    const parsed = JSON.parse(body) as { errors?: unknown; details?: unknown } | null;
    const list = Array.isArray(parsed?.errors) ? parsed.errors : [];
    const known = list
      .filter((item): item is Record<string, unknown> => typeof item === "object" && item !== null)
      .map(({ code, message }) => ({
        code: typeof code === "string" ? code : "UNKNOWN",
        message: typeof message === "string" ? message : "",
      }));
    if (known.length === 0 && typeof parsed?.details === "string")
      return [{ code: "", message: parsed.details }];
    return known;
  } catch {
    return [];
  }
}

const CODE_OF_STATUS: Record<number, string> = { 401: "UNAUTHORIZED", 403: "DENIED", 429: "TOOMANYREQUESTS" };

/** What a bearer challenge says of a refused token (RFC 6750 section 3.1). */
function bearerError(challenge: string | null): WireError | undefined {
  for (const { scheme, parameters } of parseChallenges(challenge)) {
    if (scheme !== "bearer") continue;
    const code = { invalid_token: "UNAUTHORIZED", insufficient_scope: "DENIED" }[parameters["error"] ?? ""];
    if (code) return { code, message: parameters["error_description"] ?? "" };
  }
  return undefined;
}

/** The error that a refusal of a registry stands for, in stock's words. `body` is at most a few KiB of it. */
export function refusal(
  response: { status: number; statusText: string; headers: Headers },
  body: string,
): EngineError {
  const { status } = response;
  if (status < 400 || status >= 500)
    return failure(status, "", `received unexpected HTTP status: ${status} ${response.statusText}`.trimEnd());
  const bearer = bearerError(response.headers.get("www-authenticate"));
  if (bearer) return failure(status, bearer.code, text(bearer.code, bearer.message));
  const errors = wireErrors(body);
  const fallback = CODE_OF_STATUS[status] ?? "UNKNOWN";
  const first = errors[0];
  if (!first && (status === 401 || status === 429)) return failure(status, fallback, text(fallback, ""));
  if (!first) {
    const why = body === "" ? "empty body" : "no error details found in HTTP response body";
    const shown = JSON.stringify(body.slice(0, 512));
    return failure(status, fallback, `error parsing HTTP ${status} response body: ${why}: ${shown}`);
  }
  const code = first.code || fallback;
  if (errors.length === 1) return failure(status, code, text(code, first.message));
  const all = errors.map((error) => text(error.code || fallback, error.message));
  return failure(status, code, `errors:\n${all.join("\n")}\n`);
}

const TLS_TEXTS: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "x509: certificate signed by unknown authority",
  SELF_SIGNED_CERT_IN_CHAIN: "x509: certificate signed by unknown authority",
  UNABLE_TO_GET_ISSUER_CERT: "x509: certificate signed by unknown authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "x509: certificate signed by unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "x509: certificate signed by unknown authority",
  CERT_HAS_EXPIRED: "x509: certificate has expired or is not yet valid",
  CERT_NOT_YET_VALID: "x509: certificate has expired or is not yet valid",
  ERR_TLS_CERT_ALTNAME_INVALID: "x509: certificate is not valid for this name",
};

/** Why no answer came, as stock words it. */
function connectionText(url: URL, error: unknown): string {
  const code = String((error as { code?: unknown } | null)?.code ?? "");
  const address = `${url.hostname}:${url.port || (url.protocol === "https:" ? 443 : 80)}`;
  if (code === "ECONNREFUSED") return `dial tcp ${address}: connect: connection refused`;
  const message = error instanceof Error ? error.message : String(error);
  if (code === "EAI_AGAIN" || message.includes("EAI_AGAIN"))
    return `dial tcp: lookup ${url.hostname}: Temporary failure in name resolution`;
  if (code === "ENOTFOUND" || message.includes("ENOTFOUND"))
    return `dial tcp: lookup ${url.hostname}: no such host`;
  if (code === "EPROTO") return "http: server gave HTTP response to HTTPS client";
  if (code === "ECONNRESET") return `read tcp ${address}: connection reset by peer`;
  const tls = TLS_TEXTS[code];
  if (tls) return `${tls} (if it is yours, put its CA into /etc/docker/certs.d/${url.host}/ca.crt)`;
  return message;
}

const capitalized = (method: string): string => method.charAt(0) + method.slice(1).toLowerCase();

/** The error of a request that got no answer: `Get "http://…": dial tcp …: connect: connection refused`. */
export function unreachable(method: string, url: URL, cause: unknown): EngineError {
  return new EngineError("system", `${capitalized(method)} "${url}": ${connectionText(url, cause)}`, {
    cause,
    data: { status: 0, code: "" },
  });
}

/** Puts the request in front of a message, as stock does for what went wrong while one was made. */
export function duringRequest(method: string, url: URL | string, error: Error): EngineError {
  const facts = failureOf(error) ?? { status: 0, code: "" };
  return new EngineError(KINDS[facts.code] ?? "system", `${capitalized(method)} "${url}": ${error.message}`, {
    cause: error,
    data: { ...facts },
  });
}
