import { EngineError } from "../../errors/errors.ts";
import { unlessAborted } from "./abort.ts";
import { refused } from "./body.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import type { Endpoint } from "./endpoint.ts";
import { duringRequest } from "./failure.ts";
import { type BearerToken, basic, fetchToken } from "./token.ts";
import type { Answer, Request, Transport } from "./transport.ts";

/** A request relative to a session's endpoint. */
export interface SessionRequest {
  method: Request["method"];
  /** "busybox/manifests/latest" under /v2/, or a whole URL that the registry gave. */
  target: string | URL;
  /** Token scopes, such as "repository:library/busybox:pull". */
  scopes?: readonly string[];
  headers?: Record<string, string>;
  body?: Request["body"];
  signal?: AbortSignal | undefined;
}

/** How long an unanswered /v2/ may keep the next endpoint waiting, in milliseconds; as stock. */
const PING_TIMEOUT = 15_000;

/** Requests to one endpoint on behalf of one user: knows its challenges and keeps its tokens. */
export class Session {
  private challenges: Challenge[] = [];
  private readonly tokens = new Map<string, BearerToken>();
  /** On their way, by what they are for: requests at the same time share one. */
  private readonly fetching = new Map<string, Promise<BearerToken>>();

  private constructor(
    readonly transport: Transport,
    readonly endpoint: Endpoint,
    private readonly credentials: Credentials,
  ) {}

  /** Asks /v2/ for what it wants of us. Errors: system with a Failure of status 0 when it cannot be reached. */
  static async open(
    transport: Transport,
    endpoint: Endpoint,
    credentials: Credentials,
    signal?: AbortSignal,
  ): Promise<Session> {
    const session = new Session(transport, endpoint, credentials);
    const answer = await transport.send({
      method: "GET",
      url: session.url(""),
      tls: endpoint.tls,
      headers: endpoint.headers ?? {},
      signal,
      timeout: PING_TIMEOUT,
    });
    await answer.body?.cancel();
    session.challenges = parseChallenges(answer.headers.get("www-authenticate"));
    return session;
  }

  /** The URL of a target under this endpoint's /v2/. */
  url(target: string | URL): URL {
    if (target instanceof URL) return target;
    const { url, wholePath } = this.endpoint;
    return new URL(`${url.replace(/\/+$/, "")}${wholePath ? "" : "/v2"}/${target}`);
  }

  /** Sends with authorization; a token that is refused is renewed once. Any status is an answer, none an error. */
  async send(request: SessionRequest): Promise<Answer> {
    const url = this.url(request.target);
    const { method, body, signal } = request;
    for (let attempt = 0; ; attempt++) {
      const { authorization, fresh } = await this.authorization(url, request, attempt > 0);
      const headers = {
        ...(url.host === new URL(this.endpoint.url).host ? this.endpoint.headers : undefined),
        ...request.headers,
        ...(authorization ? { authorization } : {}),
      };
      const tls = this.endpoint.tls;
      const answer = await this.transport.send({
        method,
        url,
        headers,
        tls,
        signal,
        ...(body === undefined ? {} : { body }),
      });
      const replayable = body === undefined || typeof body === "string" || body instanceof Uint8Array;
      if (answer.status !== 401 || attempt > 0 || !replayable || !this.learn(answer, fresh)) return answer;
      await answer.body?.cancel();
    }
  }

  /** As send, and any status outside of 200..399 is an error in the registry's words. */
  async expect(request: SessionRequest): Promise<Answer> {
    const answer = await this.send(request);
    if (answer.status >= 200 && answer.status < 400) return answer;
    throw await refused(answer, this.transport.idleTimeout);
  }

  /** Takes the challenges of a 401; true if another attempt may go better. */
  private learn(answer: Answer, fresh: boolean): boolean {
    const challenges = parseChallenges(answer.headers.get("www-authenticate"));
    if (challenges.length === 0) return false;
    const news = JSON.stringify(challenges) !== JSON.stringify(this.challenges);
    const first = this.challenges.length === 0;
    if (first) this.challenges = challenges;
    return (
      first || (!fresh && challenges.some((c) => c.scheme === "bearer") && (news || this.tokens.size > 0))
    );
  }

  private async authorization(
    url: URL,
    request: SessionRequest,
    renew: boolean,
  ): Promise<{ authorization?: string; fresh: boolean }> {
    // Credentials are for the registry itself: upload and blob URLs elsewhere carry their own.
    if (url.host !== new URL(this.endpoint.url).host) return { fresh: true };
    const { username, password, registryToken } = this.credentials;
    if (registryToken) return { authorization: `Bearer ${registryToken}`, fresh: true };
    try {
      const bearer = this.challenges.find(({ scheme }) => scheme === "bearer");
      if (bearer) {
        const { token, fresh } = await this.token(bearer, request, renew);
        return { authorization: `Bearer ${token}`, fresh };
      }
      if (!this.challenges.some(({ scheme }) => scheme === "basic")) return { fresh: true };
      if (!username) throw new EngineError("system", "no basic auth credentials", { data: NO_CREDENTIALS });
      return { authorization: basic(username, password ?? ""), fresh: true };
    } catch (error) {
      throw error instanceof Error ? duringRequest(request.method, url, error) : error;
    }
  }

  private async token(
    challenge: Challenge,
    { scopes = [], signal }: SessionRequest,
    renew: boolean,
  ): Promise<{ token: string; fresh: boolean }> {
    const key = scopes.join(" ");
    const held = this.tokens.get(key);
    if (held && !renew && held.expires > Date.now()) return { token: held.token, fresh: false };
    const fetching = this.fetching.get(key) ?? this.fetch(key, challenge, scopes);
    const { token } = await (signal ? unlessAborted(fetching, signal) : fetching);
    return { token, fresh: true };
  }

  private fetch(key: string, challenge: Challenge, scopes: readonly string[]): Promise<BearerToken> {
    const { transport, credentials, endpoint } = this;
    const fetching = fetchToken(transport, { challenge, scopes, credentials, tls: endpoint.tls })
      .then((got) => {
        this.tokens.set(key, got);
        return got;
      })
      .finally(() => this.fetching.delete(key));
    this.fetching.set(key, fetching);
    return fetching;
  }
}

const NO_CREDENTIALS = { status: 401, code: "UNAUTHORIZED" };
