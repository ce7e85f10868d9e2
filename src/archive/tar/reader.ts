import { dataLoss } from "../../errors/errors.ts";
import { ByteQueue } from "./byte-queue.ts";
import { BLOCK, checksumOf, FIELDS, NO_XATTRS, paddingOf, type TarHeader, TYPE_FLAGS } from "./header.ts";
import { type PaxRecords, parsePax } from "./pax.ts";

/** Longest extension header that is believed, bytes: far above real ones, far below what hurts. */
const MAX_EXTENSION = 8 * 1024 * 1024;

/** Told of every byte of the archive, in order, so that it can be put together again bit by bit. */
export interface TarObserver {
  /** Bytes that are no file's content: headers, padding, the end. */
  segment(bytes: Uint8Array): void;
  /** A header has been read; its content, if any, follows. */
  entry(header: TarHeader): void;
  content(bytes: Uint8Array): void;
}

/** Reads a tar archive as it comes. Call next(), then body() or not; what is not read is skipped. Errors: dataLoss. */
export class TarReader {
  readonly #queue: ByteQueue;
  readonly #observer: TarObserver | undefined;
  #left = 0;
  #padding = 0;

  constructor(source: AsyncIterable<Uint8Array>, observer?: TarObserver) {
    this.#queue = new ByteQueue(source);
    this.#observer = observer;
  }

  /** The next entry; undefined at the end, when all that follows the archive has been read as well. */
  async next(): Promise<TarHeader | undefined> {
    while ((await this.chunk()) !== undefined);
    let pax: PaxRecords = new Map();
    const long: { name?: string; linkname?: string } = {};
    for (;;) {
      const block = await this.#block();
      if (block === undefined) return undefined;
      const flag = String.fromCharCode(block[FIELDS.typeflag[0]]!);
      const size = number(block, FIELDS.size);
      if (flag === "x") pax = parsePax(await this.#extension(size));
      // Headers for all that follows (git writes one with its commit) are left aside, as stock does.
      else if (flag === "g") await this.#extension(size);
      else if (flag === "L") long.name = cut(await this.#extension(size));
      else if (flag === "K") long.linkname = cut(await this.#extension(size));
      else return this.#entry(block, flag, pax, long);
    }
  }

  #entry(
    block: Uint8Array,
    flag: string,
    pax: PaxRecords,
    long: { name?: string; linkname?: string },
  ): TarHeader {
    const header = headerOf(block, flag, pax, long);
    this.#left = header.size;
    this.#padding = paddingOf(header.size);
    this.#observer?.entry(header);
    return header;
  }

  /** The content of the current entry. */
  async *body(): AsyncGenerator<Uint8Array> {
    for (let chunk = await this.chunk(); chunk; chunk = await this.chunk()) yield chunk;
  }

  /** The next piece of the current entry's content; undefined at its end. Valid until the next call. */
  async chunk(): Promise<Uint8Array | undefined> {
    if (this.#left > 0) {
      const chunk = await this.#queue.some(this.#left);
      if (chunk === undefined) throw dataLoss("unexpected EOF: the archive ends within a file");
      return this.#took(chunk);
    }
    if (this.#padding > 0) {
      const padding =
        this.#queue.buffered(this.#padding, this.#padding) ?? (await this.#queue.exactly(this.#padding));
      this.#padding = 0;
      if (padding) this.#observer?.segment(padding);
    }
    return undefined;
  }

  /** As chunk(), of what need not be waited for; undefined where chunk() is to be asked. */
  buffered(): Uint8Array | undefined {
    const chunk = this.#left > 0 ? this.#queue.buffered(1, this.#left) : undefined;
    return chunk && this.#took(chunk);
  }

  #took(chunk: Uint8Array): Uint8Array {
    this.#left -= chunk.length;
    this.#observer?.content(chunk);
    return chunk;
  }

  /** A header block; undefined at the end of the archive. */
  async #block(): Promise<Uint8Array | undefined> {
    const block = this.#queue.buffered(BLOCK, BLOCK) ?? (await this.#queue.exactly(BLOCK));
    if (block === undefined) {
      await this.#drain();
      return undefined;
    }
    this.#observer?.segment(block);
    if (isZero(block)) {
      await this.#drain();
      return undefined;
    }
    if (checksumOf(block) !== number(block, FIELDS.checksum)) {
      throw dataLoss("invalid tar header: the checksum is wrong (is this a tar archive?)");
    }
    return block;
  }

  async #extension(size: number): Promise<Uint8Array> {
    if (size > MAX_EXTENSION) throw dataLoss(`invalid tar header: an extension of ${size} bytes`);
    const whole = await this.#queue.exactly(size + paddingOf(size));
    if (whole === undefined) throw dataLoss("unexpected EOF: the archive ends within a header");
    this.#observer?.segment(whole);
    return whole.subarray(0, size);
  }

  async #drain(): Promise<void> {
    for (;;) {
      const chunk = await this.#queue.some(1 << 20);
      if (chunk === undefined) return;
      this.#observer?.segment(chunk);
    }
  }
}

function headerOf(
  block: Uint8Array,
  flag: string,
  pax: PaxRecords,
  long: { name?: string; linkname?: string },
): TarHeader {
  const type = TYPE_FLAGS[flag];
  if (type === undefined) {
    const what = flag === "S" ? "a GNU sparse file, which is not supported" : `type ${JSON.stringify(flag)}`;
    throw dataLoss(`invalid tar header: ${text(block, FIELDS.name)}: ${what}`);
  }
  if ([...pax.keys()].some((key) => key.startsWith("GNU.sparse.")))
    throw dataLoss(`invalid tar header: ${text(block, FIELDS.name)}: a sparse file, which is not supported`);
  const pick = (key: string, fallback: number) => {
    const value = pax.get(key);
    return value === undefined ? fallback : Number(value.toString());
  };
  const name = pax.get("path")?.toString() ?? long.name ?? ustarName(block);
  const size = pick("size", number(block, FIELDS.size));
  if (!Number.isSafeInteger(size) || size < 0) throw dataLoss(`invalid tar header: ${name}: size ${size}`);
  return {
    name: name.length > 1 ? name.replace(/\/+$/, "") : name,
    // Old archives mark folders by a slash alone.
    type: type === "file" && name.endsWith("/") ? "directory" : type,
    size: type === "file" ? size : 0,
    mode: number(block, FIELDS.mode) & 0o7777,
    uid: pick("uid", number(block, FIELDS.uid)),
    gid: pick("gid", number(block, FIELDS.gid)),
    mtime: pick("mtime", number(block, FIELDS.mtime)),
    linkname: pax.get("linkpath")?.toString() ?? long.linkname ?? text(block, FIELDS.linkname),
    devmajor: number(block, FIELDS.devmajor),
    devminor: number(block, FIELDS.devminor),
    xattrs: xattrsOf(pax),
  };
}

const XATTR = "SCHILY.xattr.";

function xattrsOf(pax: PaxRecords): ReadonlyMap<string, Uint8Array> {
  if (pax.size === 0) return NO_XATTRS;
  const xattrs = new Map<string, Uint8Array>();
  for (const [key, value] of pax) if (key.startsWith(XATTR)) xattrs.set(key.slice(XATTR.length), value);
  return xattrs;
}

function ustarName(block: Uint8Array): string {
  const name = text(block, FIELDS.name);
  const ustar = text(block, FIELDS.magic) === "ustar" && block[FIELDS.magic[0] + 5] === 0;
  const prefix = ustar ? text(block, FIELDS.prefix) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function text(block: Uint8Array, [offset, length]: readonly [number, number]): string {
  return cut(block.subarray(offset, offset + length));
}

/** Text up to the first NUL. */
function cut(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
}

/** Octal digits, or GNU's base 256 when the first bit is set. */
function number(block: Uint8Array, [offset, length]: readonly [number, number]): number {
  const field = block.subarray(offset, offset + length);
  if (field[0]! & 0x80) {
    let value = field[0]! & 0x40 ? -1 : 0;
    for (const [i, byte] of field.entries()) value = value * 256 + (i === 0 ? byte & 0x3f : byte);
    return value;
  }
  return octal(field);
}

const [SPACE, ZERO, SEVEN] = [0x20, 0x30, 0x37];

/** Octal digits with spaces around, up to a NUL; NaN for anything else. */
function octal(field: Uint8Array): number {
  let [value, at] = [0, 0];
  while (field[at] === SPACE) at++;
  for (; at < field.length && field[at]! >= ZERO && field[at]! <= SEVEN; at++)
    value = value * 8 + field[at]! - ZERO;
  while (field[at] === SPACE) at++;
  return at >= field.length || field[at] === 0 ? value : Number.NaN;
}

function isZero(block: Uint8Array): boolean {
  for (let i = 0; i < BLOCK; i++) if (block[i] !== 0) return false;
  return true;
}
