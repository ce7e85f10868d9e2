import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { faultPoint } from "../../../files/fault.ts";
import type { LogPosition } from "../types.ts";
import type { LogFormat } from "./format.ts";

export interface RotationOptions {
  /** Bytes after which a new file is begun; no limit if 0. */
  maxSize: number;
  /** How many files there are at most, the current one included. */
  maxFiles: number;
  compress: boolean;
}

/**
 * A log file and its older generations: x, x.1 (youngest) ... x.N, the older ones gzipped as x.N.gz if asked for.
 * `generation` counts rotations, so that a follower knows which file comes after the one it holds open.
 */
export class RotatedFile {
  readonly path: string;
  readonly #options: RotationOptions;
  #fd: number;
  #inode: number;
  #size: number;
  generation = 0;
  /** The packing of older files, one after the other. */
  packing: Promise<void> = Promise.resolve();

  constructor(path: string, options: RotationOptions, format: LogFormat) {
    this.path = path;
    this.#options = options;
    this.#fd = openSync(path, "a", 0o640);
    ({ ino: this.#inode, size: this.#size } = fstatSync(this.#fd));
    if (this.#size > 0) this.#mend(format);
  }

  #mend(format: LogFormat): void {
    const fd = openSync(this.path, "r");
    const read = (offset: number, length: number) => {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, readSync(fd, buffer, 0, length, offset));
    };
    const { keep, append } = format.mend(read, this.#size);
    closeSync(fd);
    if (keep < this.#size) ftruncateSync(this.#fd, keep);
    this.#size = keep;
    if (append !== "") this.#size += writeSync(this.#fd, append);
  }

  get position(): LogPosition {
    return { inode: this.#inode, size: this.#size };
  }

  /** How many bytes may be written before the next file begins, which is always between two records. */
  get room(): number {
    const { maxSize } = this.#options;
    if (maxSize === 0) return Number.POSITIVE_INFINITY;
    return this.#size < maxSize ? maxSize - this.#size : maxSize;
  }

  /** As with stock, a file is full when it has that many bytes or more. Errors: ENOSPC; then nothing is in the file. */
  write(bytes: Uint8Array): void {
    const { maxSize } = this.#options;
    if (maxSize > 0 && this.#size >= maxSize) this.#rotate();
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    } catch (error) {
      ftruncateSync(this.#fd, this.#size);
      throw error;
    }
    this.#size += bytes.length;
  }

  #rotate(): void {
    const { maxFiles, compress } = this.#options;
    if (maxFiles < 2) {
      this.#replace();
    } else {
      this.#shift(maxFiles - 1);
      renameSync(this.path, `${this.path}.1`);
      faultPoint("log.rotated", this.path);
      this.#begin(openSync(this.path, "a", 0o640));
      const born = this.generation;
      if (compress) this.packing = this.packing.then(() => this.#pack(born)).catch(() => {});
    }
  }

  /** The new file is made beside the old one: so it has another inode, by which a rotation is known. */
  #replace(): void {
    const young = `${this.path}.new`;
    const fd = openSync(young, "a", 0o640);
    renameSync(young, this.path);
    faultPoint("log.rotated", this.path);
    this.#begin(fd);
  }

  #begin(fd: number): void {
    closeSync(this.#fd);
    this.#fd = fd;
    ({ ino: this.#inode, size: this.#size } = fstatSync(fd));
    this.generation++;
  }

  #shift(oldest: number): void {
    for (const suffix of ["", ".gz"]) rmSync(`${this.path}.${oldest}${suffix}`, { force: true });
    for (let n = oldest - 1; n >= 1; n--) {
      for (const suffix of ["", ".gz"]) {
        const from = `${this.path}.${n}${suffix}`;
        if (existsSync(from)) renameSync(from, `${this.path}.${n + 1}${suffix}`);
      }
    }
  }

  /**
   * Gzips the file that the rotation `born` put aside, in the background; where it is by then, further rotations say.
   * One that is left unpacked, because the daemon died, is read as it is.
   */
  async #pack(born: number): Promise<void> {
    const place = () => `${this.path}.${this.generation - born + 1}`;
    const packed = `${this.path}.packing`;
    if (!existsSync(place())) return;
    // Opened at once: a stream opens later, when the next rotation may have given the name to another file.
    const fd = openSync(place(), "r");
    await pipeline(createReadStream("", { fd }), createGzip(), createWriteStream(packed, { mode: 0o640 }));
    if (!existsSync(place())) return rmSync(packed, { force: true });
    renameSync(packed, `${place()}.gz`);
    rmSync(place(), { force: true });
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The files of a log that are there now, oldest first, the current one last. */
export function filesOf(path: string): string[] {
  const files: string[] = [];
  for (let n = 1; ; n++) {
    const found = [`${path}.${n}.gz`, `${path}.${n}`].find(existsSync);
    if (found === undefined) break;
    files.unshift(found);
  }
  if (existsSync(path)) files.push(path);
  return files;
}
