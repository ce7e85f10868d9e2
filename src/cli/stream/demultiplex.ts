const HEADER_BYTES = 8;
const STDOUT = 1;
const STDERR = 2;
const SYSTEM_ERROR = 3;

export type Sink = (fd: 1 | 2, data: Uint8Array) => Promise<void> | void;

/**
 * Takes the engine's multiplexed stream apart: frames of a type byte, three zeros, a big-endian length, and data.
 * Data is passed on as it comes, a frame need not fit into memory. Errors: for a frame of an unknown type, and for what
 * the engine reports in the stream.
 */
export class Demultiplexer {
  readonly #sink: Sink;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerFill = 0;
  #type = 0;
  #left = 0;
  #message = "";
  #fd: 1 | 2 = STDOUT;
  #gathered: Uint8Array[] = [];

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  async push(chunk: Uint8Array): Promise<void> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left === 0) {
        at += this.#fillHeader(chunk.subarray(at));
        continue;
      }
      const data = chunk.subarray(at, at + this.#left);
      at += data.length;
      this.#left -= data.length;
      const written = this.#deliver(data);
      if (written) await written;
    }
    await this.#flush();
  }

  #fillHeader(from: Uint8Array): number {
    const part = from.subarray(0, HEADER_BYTES - this.#headerFill);
    this.#header.set(part, this.#headerFill);
    this.#headerFill += part.length;
    if (this.#headerFill < HEADER_BYTES) return part.length;
    this.#headerFill = 0;
    this.#type = this.#header[0]!;
    if (this.#type > SYSTEM_ERROR) throw new Error(`Unrecognized input header: ${this.#type}`);
    this.#left = new DataView(this.#header.buffer).getUint32(4);
    return part.length;
  }

  #deliver(data: Uint8Array): Promise<void> | void {
    if (this.#type === SYSTEM_ERROR) {
      this.#message += new TextDecoder().decode(data);
      if (this.#left === 0) throw new Error(`error from daemon in stream: ${this.#message}`);
      return undefined;
    }
    const fd = this.#type === STDERR ? STDERR : STDOUT;
    const before = fd === this.#fd ? undefined : this.#flush();
    this.#fd = fd;
    this.#gathered.push(data);
    return before;
  }

  /** Passes on what neighbouring frames of one stream have brought: lines of a log are a frame each. */
  #flush(): Promise<void> | void {
    const gathered = this.#gathered;
    if (gathered.length === 0) return undefined;
    this.#gathered = [];
    return this.#sink(this.#fd, gathered.length === 1 ? gathered[0]! : Buffer.concat(gathered));
  }
}
