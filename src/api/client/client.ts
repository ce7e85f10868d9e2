import { compareVersions } from "./compare-versions.ts";
import { dial } from "./dial.ts";
import type { Endpoint } from "./endpoint.ts";
import { type ApiError, apiError } from "./errors.ts";
import { type Body, HttpConnection, type ResponseHead } from "./http.ts";
import { jsonLines, textOf } from "./lines.ts";
import { queryString, type RequestOptions } from "./request.ts";

export interface ClientOptions {
  /** The version of every request, not to be negotiated (DOCKER_API_VERSION). */
  fixedVersion?: string;
  /** The newest version to speak. */
  newestVersion: string;
  /** Sent with every request. */
  headers?: Record<string, string>;
}

/** A response whose body comes bit by bit. close() gives up the rest of it. */
export interface StreamedResponse {
  status: number;
  headers: Map<string, string>;
  body: Body;
  close(): void;
}

/** A connection that has become a raw stream (attach, exec). */
export interface Hijacked {
  contentType: string;
  read(): Promise<Uint8Array | undefined>;
  write(data: Uint8Array): Promise<void>;
  closeWrite(): void;
  close(): void;
}

interface Exchange {
  connection: HttpConnection;
  head: ResponseHead;
}

const TOO_NEW = /client version \S+ is too new/;

/**
 * A client of the Engine API.
 *
 * The version is negotiated without a round trip of its own: the first request asks for the newest version; an older
 * engine refuses it without acting on it, naming its own version in the Api-Version header, and the request is sent
 * again. Only a request with a streamed body, which could not be sent again, is preceded by a ping.
 */
export class EngineClient {
  readonly endpoint: Endpoint;
  readonly #options: ClientOptions;
  readonly #idle: HttpConnection[] = [];
  #version: string;
  #negotiated: boolean;

  constructor(endpoint: Endpoint, options: ClientOptions) {
    this.endpoint = endpoint;
    this.#options = options;
    this.#version = options.fixedVersion ?? options.newestVersion;
    this.#negotiated = options.fixedVersion !== undefined;
  }

  /** The version requests are sent with; final after the first answer. */
  get version(): string {
    return this.#version;
  }

  /** Whether the engine speaks this version or a newer one. Asks the engine when no answer has come yet. */
  async supports(version: string): Promise<boolean> {
    await this.negotiate();
    return compareVersions(this.#version, version) >= 0;
  }

  /** Settles the version; one ping when no request has been answered yet. */
  async negotiate(): Promise<void> {
    if (this.#negotiated) return;
    const response = await this.#exchange("GET", "/_ping", {});
    await this.#drain("GET", response);
  }

  /** Sends a request and reads the answer as JSON; undefined when there is no content. Errors: ApiError, unavailable. */
  async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const text = await this.text(method, path, options);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** As json(), the body as it is. */
  async text(method: string, path: string, options: RequestOptions = {}): Promise<string> {
    const response = await this.#request(method, path, options);
    return this.#drain(method, response);
  }

  /** Sends a request for its effect; "not modified" is success. */
  async call(method: string, path: string, options: RequestOptions = {}): Promise<void> {
    await this.text(method, path, options);
  }

  /** Sends a request whose answer is long or has no end. */
  async stream(method: string, path: string, options: RequestOptions = {}): Promise<StreamedResponse> {
    const { connection, head } = await this.#request(method, path, options);
    return {
      status: head.status,
      headers: head.headers,
      body: this.#returning(connection, connection.body(method, head)),
      close: () => connection.wire.close(),
    };
  }

  /** As stream(), a value per line. */
  async *lines<T>(method: string, path: string, options: RequestOptions = {}): AsyncGenerator<T, void, void> {
    const response = await this.stream(method, path, options);
    try {
      yield* jsonLines<T>(response.body);
    } finally {
      if (this.#idle.length === 0) response.close();
    }
  }

  /** Sends a request that turns its connection into a raw stream, or into the protocol that its Upgrade header names. */
  async hijack(path: string, options: RequestOptions = {}): Promise<Hijacked> {
    const headers = { Upgrade: "tcp", ...options.headers, Connection: "Upgrade" };
    const { connection, head } = await this.#request("POST", path, { ...options, headers });
    return {
      contentType: head.headers.get("content-type") ?? "",
      read: () => connection.read(),
      write: (data) => connection.wire.write(data),
      closeWrite: () => connection.wire.closeWrite(),
      close: () => connection.wire.close(),
    };
  }

  /** Closes what is kept open for further requests. */
  close(): void {
    for (const connection of this.#idle.splice(0)) connection.wire.close();
  }

  async #request(method: string, path: string, options: RequestOptions): Promise<Exchange> {
    if (options.stream) await this.negotiate();
    const attempt = await this.#exchange(method, path, options);
    if (attempt.head.status < 400) return attempt;
    const error = await this.#errorOf(method, path, attempt);
    if (!this.#canRetryAs(error, method, attempt.head, options)) throw error;
    this.#version = attempt.head.headers.get("api-version") ?? this.#version;
    const again = await this.#exchange(method, path, options);
    if (again.head.status < 400) return again;
    throw await this.#errorOf(method, path, again);
  }

  #canRetryAs(error: ApiError, method: string, head: ResponseHead, options: RequestOptions): boolean {
    const version = head.headers.get("api-version");
    if (this.#options.fixedVersion !== undefined || options.stream || version === undefined) return false;
    // The answer to HEAD has no body to say so in.
    const silent = method === "HEAD" && compareVersions(version, this.#version) < 0;
    return error.status === 400 && (silent || TOO_NEW.test(error.message));
  }

  async #errorOf(method: string, path: string, response: Exchange): Promise<ApiError> {
    const text = await this.#drain(method, response);
    const { status, headers } = response.head;
    return apiError(status, headers.get("content-type") ?? "", text, `/v${this.#version}${path}`);
  }

  async #exchange(method: string, path: string, options: RequestOptions): Promise<Exchange> {
    const target = `${path === "/_ping" ? "" : `/v${this.#version}`}${path}${queryString(options.query)}`;
    const connection = this.#takeIdle() ?? new HttpConnection(await dial(this.endpoint));
    const headers = this.#headersOf(method, options);
    const body =
      options.json === undefined ? undefined : new TextEncoder().encode(JSON.stringify(options.json));
    if (body) headers["Content-Length"] = String(body.length);
    const sent = options.stream
      ? connection.sendStream(method, target, headers, options.stream)
      : connection.send(method, target, headers, body);
    // An engine may answer before it has read the whole body; a refusal explains more than the broken pipe.
    const failed = sent.then(
      () => new Promise<never>(() => {}),
      (error) => Bun.sleep(100).then(() => Promise.reject(error)),
    );
    const head = await Promise.race([connection.readHead(), failed]);
    this.#learnVersion(head);
    return { connection, head };
  }

  #headersOf(method: string, options: RequestOptions): Record<string, string> {
    const headers: Record<string, string> = { Host: "docker", ...this.#options.headers, ...options.headers };
    if (options.json !== undefined) headers["Content-Type"] = "application/json";
    else if (options.stream) headers["Content-Type"] = options.contentType ?? "application/x-tar";
    else if (method === "POST") headers["Content-Length"] = "0";
    return headers;
  }

  #learnVersion(head: ResponseHead): void {
    if (this.#negotiated || head.status === 400) return;
    this.#negotiated = true;
    const offered = head.headers.get("api-version");
    if (offered && compareVersions(offered, this.#version) < 0) this.#version = offered;
  }

  #takeIdle(): HttpConnection | undefined {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) if (!idle.wire.ended) return idle;
    return undefined;
  }

  async #drain(method: string, { connection, head }: Exchange): Promise<string> {
    return textOf(this.#returning(connection, connection.body(method, head)));
  }

  /** Gives the connection back when its body has been read. */
  async *#returning(connection: HttpConnection, body: Body): Body {
    yield* body;
    if (connection.reusable) this.#idle.push(connection);
    else connection.wire.close();
  }
}
