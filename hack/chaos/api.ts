/** The Engine API of the chain under fire, for checks: a request costs less than a client's process. */

/** What the API answered. */
export interface Answer {
  status: number;
  body: Uint8Array;
}

const PATIENCE_MS = 30_000;

export class Api {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** Errors: nobody answers. */
  async send(method: string, path: string, body?: object, patience = PATIENCE_MS): Promise<Answer> {
    const response = await this.open(method, path, AbortSignal.timeout(patience), body);
    return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
  }

  /** As send(), with the body still to be read. */
  open(method: string, path: string, signal: AbortSignal, body?: object): Promise<Response> {
    return fetch(`http://docker${path}`, {
      method,
      unix: this.#socket,
      keepalive: false,
      signal,
      headers: { connection: "close", ...(body ? { "content-type": "application/json" } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  }

  /** The answer's JSON; undefined for "not found". Errors: any other failure. */
  async get<T>(path: string): Promise<T | undefined> {
    const { status, body } = await this.send("GET", path);
    if (status === 404) return undefined;
    const text = new TextDecoder().decode(body);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${text.trim()}`);
    return JSON.parse(text) as T;
  }

  /** Why a request failed; undefined if it did not, or if there was nothing left to do. */
  async complaint(method: string, path: string): Promise<string | undefined> {
    const { status, body } = await this.send(method, path);
    if (status < 400 || status === 404) return undefined;
    return `${method} ${path}: ${status} ${new TextDecoder().decode(body).trim()}`;
  }
}

/** The text of a stream of frames (Engine API, "Stream format"): eight bytes of head, the last four the length. */
export function unframed(stream: Uint8Array): string {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 0; at + 8 <= stream.length; ) {
    const length = view.getUint32(at + 4);
    parts.push(stream.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString();
}
