import { unavailable } from "../../errors/errors.ts";

const CR = 13;
const LF = 10;
const LINE_LIMIT = 64 * 1024;

type Phase = "size" | "data" | "after data" | "trailer";

/**
 * Decodes a chunked body (RFC 9112, section 7.1) as it comes, however it is cut: all data that one read brought is
 * given out together. Errors: unavailable, for a malformed chunk.
 */
export class ChunkedDecoder {
  /** The whole body has been decoded. */
  done = false;
  /** What came after the body, once it is done. */
  rest: Uint8Array | undefined;
  #phase: Phase = "size";
  #left = 0;
  #line = "";

  /** The data among these bytes; empty when there is none. */
  push(bytes: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    let at = 0;
    while (at < bytes.length && !this.done) {
      if (this.#phase === "data") {
        const part = bytes.subarray(at, at + this.#left);
        parts.push(part);
        at += part.length;
        this.#left -= part.length;
        if (this.#left === 0) this.#phase = "after data";
      } else at = this.#readLine(bytes, at);
    }
    if (at < bytes.length) this.rest = bytes.subarray(at);
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  /** Takes a line, or what there is of it; returns where it ended. */
  #readLine(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length && bytes[at] !== LF) {
      if (bytes[at] !== CR) this.#line += String.fromCharCode(bytes[at]!);
      at++;
    }
    if (this.#line.length > LINE_LIMIT) throw unavailable("a chunk header of the response is too long");
    if (at === bytes.length) return at;
    const line = this.#line;
    this.#line = "";
    this.#endOfLine(line);
    return at + 1;
  }

  #endOfLine(line: string): void {
    if (this.#phase === "after data") this.#phase = "size";
    else if (this.#phase === "trailer") this.done = line === "";
    else {
      this.#left = Number.parseInt(line, 16);
      if (!(this.#left >= 0)) throw unavailable(`malformed chunk of a response: ${JSON.stringify(line)}`);
      this.#phase = this.#left === 0 ? "trailer" : "data";
    }
  }
}
