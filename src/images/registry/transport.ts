import { cancelled } from "../../errors/errors.ts";
import { unreachable } from "./failure.ts";
import { type ProxySettings, proxyFor } from "./proxy.ts";
import { isUnknownAuthority, systemRoots } from "./system-roots.ts";

/** How to speak TLS with one registry. */
export interface TLSOptions {
  /** PEM texts, in addition to the system's. */
  ca?: string[];
  cert?: string;
  key?: string;
  /** False: take any certificate (insecure registries). */
  verify: boolean;
}

/** One request; bodies are sent as they come, with back-pressure. */
export interface Request {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: URL;
  headers?: Record<string, string>;
  body?: AsyncIterable<Uint8Array> | Uint8Array | string;
  tls?: TLSOptions | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds until the headers of the answer must be there; the transport's idle timeout by default. */
  timeout?: number;
}

export interface Answer {
  status: number;
  statusText: string;
  headers: Headers;
  /** The URL that answered, after redirects. */
  url: URL;
  body: ReadableStream<Uint8Array> | null;
}

export interface TransportOptions {
  userAgent: string;
  /** Asked for each request, so that a reload takes effect at once. */
  proxies: () => ProxySettings;
  /** Milliseconds until the headers of an answer must be there, and between two pieces of a body. */
  idleTimeout?: number;
}

const MAX_REDIRECTS = 10;
const IDLE_TIMEOUT = 60_000;

/**
 * HTTP as the registry client needs it: redirects are followed by hand, so that credentials never go to
 * another host and https never becomes http; nothing is decompressed, because digests are over the wire bytes.
 */
export class Transport {
  readonly idleTimeout: number;
  /** Hosts whose certificates need the machine's CAs. */
  private readonly privateHosts = new Set<string>();
  private roots: Promise<string | undefined> | undefined;

  constructor(private readonly options: TransportOptions) {
    this.idleTimeout = options.idleTimeout ?? IDLE_TIMEOUT;
  }

  /** Sends and follows redirects of GET and HEAD. Errors: system with a Failure when no answer comes; cancelled. */
  async send(request: Request): Promise<Answer> {
    let current = request;
    for (let hops = 0; ; hops++) {
      const answer = await this.once(current);
      const location = answer.headers.get("location");
      const redirected = answer.status >= 300 && answer.status < 400 && location !== null;
      if (!redirected || (request.method !== "GET" && request.method !== "HEAD")) return answer;
      await answer.body?.cancel();
      if (hops >= MAX_REDIRECTS)
        throw unreachable(request.method, current.url, new Error(`stopped after ${MAX_REDIRECTS} redirects`));
      current = redirect(current, location);
    }
  }

  /**
   * One exchange. A server whose CA only the machine's own store knows is asked again with that store, and from
   * then on at once: parsing the whole store for every request would cost more than the request.
   */
  private async once(request: Request): Promise<Answer> {
    const { host, protocol } = request.url;
    const plain = protocol !== "https:" || request.tls?.verify === false || request.tls?.ca !== undefined;
    if (plain) return this.exchange(request);
    if (this.privateHosts.has(host)) return this.exchange(await this.withSystemRoots(request));
    try {
      return await this.exchange(request);
    } catch (error) {
      if (!isUnknownAuthority((error as Error).cause)) throw error;
      const answer = await this.exchange(await this.withSystemRoots(request));
      this.privateHosts.add(host);
      return answer;
    }
  }

  private async withSystemRoots(request: Request): Promise<Request> {
    this.roots ??= systemRoots();
    const roots = await this.roots;
    return roots === undefined ? request : { ...request, tls: { verify: true, ...request.tls, ca: [roots] } };
  }

  private async exchange({ method, url, headers, body, tls, signal, timeout }: Request): Promise<Answer> {
    const idle = new AbortController();
    const timer = setTimeout(
      () => idle.abort(new Error("timeout awaiting response headers")),
      // A streamed body takes as long as it takes: the answer only comes after it.
      timeout ?? (body === undefined || typeof body === "string" ? this.idleTimeout : 2 ** 31 - 1),
    );
    const proxy = proxyFor(url, this.options.proxies());
    try {
      const response = await fetch(url, {
        method,
        headers: { "user-agent": this.options.userAgent, "accept-encoding": "identity", ...headers },
        redirect: "manual",
        decompress: false,
        timeout: false,
        keepalive: true,
        signal: signal ? AbortSignal.any([signal, idle.signal]) : idle.signal,
        ...(body === undefined ? {} : { body: body as Bun.BodyInit }),
        ...(proxy ? { proxy } : {}),
        ...(tls ? { tls: fetchTLS(tls) } : {}),
      } as RequestInit);
      const { status, statusText } = response;
      return { status, statusText, headers: response.headers, url, body: response.body };
    } catch (error) {
      if (signal?.aborted) throw cancelled("context canceled", { cause: error });
      throw unreachable(method, url, idle.signal.aborted ? idle.signal.reason : error);
    } finally {
      clearTimeout(timer);
    }
  }
}

function redirect(request: Request, location: string): Request {
  const fail = (why: string): never => {
    throw unreachable(request.method, request.url, new Error(`${why} ${JSON.stringify(location)}`));
  };
  const url = URL.parse(location, request.url.href);
  if (!url || !/^https?:$/.test(url.protocol)) return fail("refused a redirect to");
  if (request.url.protocol === "https:" && url.protocol === "http:")
    return fail("refused a redirect from https to unencrypted");
  const { authorization, ...headers } = request.headers ?? {};
  const same = url.host === request.url.host && url.protocol === request.url.protocol;
  return { ...request, url, headers: same && authorization ? { ...headers, authorization } : headers };
}

function fetchTLS({ ca, cert, key, verify }: TLSOptions): Record<string, unknown> {
  return {
    rejectUnauthorized: verify,
    ...(ca?.length ? { ca } : {}),
    ...(cert && key ? { cert, key } : {}),
  };
}
