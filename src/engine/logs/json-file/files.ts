import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { gzipSync } from "node:zlib";
import { writeAtomic } from "../../../files/atomic.ts";

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
  #size: number;
  generation = 0;

  constructor(path: string, options: RotationOptions) {
    this.path = path;
    this.#options = options;
    this.#fd = openSync(path, "a", 0o640);
    this.#size = fstatSync(this.#fd).size;
    this.#endCutLine();
  }

  /** A machine that died while writing leaves half a line; what follows must begin on its own. */
  #endCutLine(): void {
    if (this.#size === 0) return;
    const fd = openSync(this.path, "r");
    const last = Buffer.alloc(1);
    readSync(fd, last, 0, 1, this.#size - 1);
    closeSync(fd);
    if (last[0] !== 10) this.#size += writeSync(this.#fd, "\n");
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    const { maxSize } = this.#options;
    if (maxSize > 0 && this.#size > 0 && this.#size + bytes.length > maxSize) this.#rotate();
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    this.#size += bytes.length;
  }

  #rotate(): void {
    closeSync(this.#fd);
    const { maxFiles, compress } = this.#options;
    if (maxFiles < 2) {
      rmSync(this.path, { force: true });
    } else {
      this.#shift(maxFiles - 1);
      renameSync(this.path, `${this.path}.1`);
      if (compress) this.#compress(`${this.path}.1`);
    }
    this.#fd = openSync(this.path, "a", 0o640);
    this.#size = 0;
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

  #compress(path: string): void {
    writeAtomic(`${path}.gz`, gzipSync(readFileSync(path)), { mode: 0o640, durability: "crash" });
    rmSync(path, { force: true });
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The files of a log that are there now, oldest first, the current one last. */
export function filesOf(path: string): string[] {
  const files: string[] = [];
  for (let n = 1; ; n++) {
    const found = [`${path}.${n}`, `${path}.${n}.gz`].find(existsSync);
    if (found === undefined) break;
    files.unshift(found);
  }
  if (existsSync(path)) files.push(path);
  return files;
}
