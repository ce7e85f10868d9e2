import { EngineError, isCancelled, unauthorized } from "../../errors/errors.ts";
import { parseChallenges } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import { type Endpoint, endpointsFor, HUB_DOMAIN, type RegistrySettings } from "./endpoint.ts";
import { duringRequest, failureOf } from "./failure.ts";
import { basic, fetchToken } from "./token.ts";
import type { Transport } from "./transport.ts";

/** The domain that a server address of `docker login` means: a URL, a host, or Docker Hub's index. */
function loginDomain(serverAddress: string | undefined): string {
  const host = (serverAddress ?? "").replace(/^https?:\/\//, "").split("/")[0] ?? "";
  return host === "" || host === "index.docker.io" || host === HUB_DOMAIN ? HUB_DOMAIN : host;
}

/**
 * Checks a name and password with a registry. Gives a refresh token where the registry has them, to be kept
 * instead of the password. Errors: unauthorized, or system when it cannot be reached.
 */
export async function login(
  transport: Transport,
  settings: RegistrySettings,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<{ identityToken: string }> {
  let failure: unknown;
  for (const endpoint of await endpointsFor(loginDomain(credentials.serverAddress), settings, "push")) {
    try {
      return await attempt(transport, endpoint, credentials, signal);
    } catch (error) {
      if (isCancelled(error) || failureOf(error)?.status !== 0) throw error;
      failure = error;
    }
  }
  throw failure;
}

async function attempt(
  transport: Transport,
  endpoint: Endpoint,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<{ identityToken: string }> {
  const { tls } = endpoint;
  const url = new URL(`${endpoint.url}/v2/`);
  const open = await transport.send({ method: "GET", url, tls, signal, timeout: 15_000 });
  await open.body?.cancel();
  const challenges = parseChallenges(open.headers.get("www-authenticate"));
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  let authorization = basic(credentials.username ?? "", credentials.password ?? "");
  let identityToken = "";
  if (bearer) {
    try {
      const wish = { challenge: bearer, scopes: [], credentials, tls, offline: true, signal };
      const { token, refresh } = await fetchToken(transport, wish);
      authorization = `Bearer ${token}`;
      identityToken = refresh ?? "";
    } catch (error) {
      throw refusedLogin(duringRequest("GET", url, error as Error));
    }
  }
  const answer = await transport.send({ method: "GET", url, tls, signal, headers: { authorization } });
  await answer.body?.cancel();
  if (answer.status === 200) return { identityToken };
  const status = `${answer.status} ${answer.statusText}`.trimEnd();
  throw refusedLogin(
    new EngineError("system", `login attempt to ${url} failed with status: ${status}`, {
      data: { status: answer.status, code: "" },
    }),
  );
}

const refusedLogin = (error: EngineError): EngineError =>
  failureOf(error)?.status === 401
    ? unauthorized(error.message, { cause: error, data: { ...failureOf(error) } })
    : error;
