import { EngineError } from "../../errors/errors.ts";
import { readLimited, refused } from "./body.ts";
import type { Challenge } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import { unreachable } from "./failure.ts";
import type { Answer, Request, TLSOptions, Transport } from "./transport.ts";

/** Seconds that a token lives if the server does not say (distribution-spec, token authentication). */
const DEFAULT_LIFE = 60;
const MAX_TOKEN_ANSWER = 1 << 20;
const CLIENT_ID = "docker";

/** A bearer token and when it ends (milliseconds since 1970). */
export interface BearerToken {
  token: string;
  expires: number;
  /** An OAuth2 refresh token, if one was asked for and given. */
  refresh?: string;
}

export interface TokenRequest {
  challenge: Challenge;
  scopes: readonly string[];
  credentials: Credentials;
  tls: TLSOptions | undefined;
  /** Ask for a refresh token too (`docker login`). */
  offline?: boolean;
  signal?: AbortSignal | undefined;
}

/** Gets a token from the realm that a bearer challenge names. Errors: as the token server words them. */
export async function fetchToken(transport: Transport, request: TokenRequest): Promise<BearerToken> {
  const realm = URL.parse(request.challenge.parameters["realm"] ?? "");
  if (!realm || !/^https?:$/.test(realm.protocol))
    throw new EngineError("system", "the registry's bearer challenge names no valid realm");
  const plain: Request = { method: "GET", url: realm, tls: request.tls, signal: request.signal };
  const ready = request.credentials.identityToken ? refreshing(plain, request) : asking(plain, request);
  const answer = await transport.send(ready);
  if (answer.status !== 200) throw await refused(answer, transport.idleTimeout);
  return readToken(
    answer,
    await readLimited(answer, MAX_TOKEN_ANSWER, transport.idleTimeout, request.signal),
  );
}

/** The GET form, with basic authentication if there is a password. */
function asking(plain: Request, { challenge, scopes, credentials, offline }: TokenRequest): Request {
  const url = new URL(plain.url);
  const { username, password } = credentials;
  if (username) url.searchParams.set("account", username);
  if (offline) {
    url.searchParams.set("client_id", CLIENT_ID);
    url.searchParams.set("offline_token", "true");
  }
  if (challenge.parameters["service"]) url.searchParams.set("service", challenge.parameters["service"]);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (!username || !password) return { ...plain, url };
  return { ...plain, url, headers: { authorization: basic(username, password) } };
}

/** The OAuth2 POST form, which trades a refresh token in. */
function refreshing(plain: Request, { challenge, scopes, credentials }: TokenRequest): Request {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    refresh_token: credentials.identityToken ?? "",
    service: challenge.parameters["service"] ?? "",
    client_id: CLIENT_ID,
    scope: scopes.join(" "),
  });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return { ...plain, method: "POST", headers, body: form.toString() };
}

function readToken(answer: Answer, raw: Uint8Array): BearerToken {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(new TextDecoder().decode(raw)) as Record<string, unknown>;
  } catch (cause) {
    throw unreachable("GET", answer.url, new Error("unable to decode token response", { cause }));
  }
  const token = fields["token"] || fields["access_token"];
  if (typeof token !== "string" || token === "")
    throw unreachable(
      "GET",
      answer.url,
      new Error("authorization server did not include a token in the response"),
    );
  const life = Math.max(Number(fields["expires_in"]) || 0, DEFAULT_LIFE);
  const refresh = fields["refresh_token"];
  // A fifth is taken off, so that no token ends between here and the registry.
  const expires = Date.now() + life * 800;
  return { token, expires, ...(typeof refresh === "string" ? { refresh } : {}) };
}

/** The value of an Authorization header for a name and password. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
