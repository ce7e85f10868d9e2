import { closeSync, fstatSync, readlinkSync, readSync } from "node:fs";
import { errnoOf, invalidArgument } from "../../errors/errors.ts";
import { openInRoot, openRoot } from "../../linux/openat2.ts";

const MAX_DOCUMENT = 16 * 1024 * 1024;

/** The files of an archive that has been taken apart; links in it cannot lead out of it. */
export class ArchiveFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Errors: invalidArgument when it is not there or no file. */
  #open(name: string): number {
    const root = openRoot(this.#path);
    try {
      const fd = openInRoot(root, name, 0);
      if (fstatSync(fd).isFile()) return fd;
      closeSync(fd);
      throw invalidArgument(`invalid image archive: ${name} is not a file`);
    } catch (cause) {
      if (errnoOf(cause) === undefined) throw cause;
      throw invalidArgument(`invalid image archive: ${name}, which it names, is not in it`, { cause });
    } finally {
      closeSync(root);
    }
  }

  has(name: string): boolean {
    try {
      closeSync(this.#open(name));
      return true;
    } catch {
      return false;
    }
  }

  size(name: string): number {
    const fd = this.#open(name);
    const { size } = fstatSync(fd);
    closeSync(fd);
    return size;
  }

  /** Where a file really is, with no link on the way; nobody else changes the folder. */
  realPath(name: string): string {
    const fd = this.#open(name);
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } finally {
      closeSync(fd);
    }
  }

  /** A small file, whole. */
  bytes(name: string): Uint8Array {
    const fd = this.#open(name);
    try {
      const { size } = fstatSync(fd);
      if (size > MAX_DOCUMENT) throw invalidArgument(`invalid image archive: ${name} has ${size} bytes`);
      const whole = Buffer.alloc(size);
      for (let at = 0; at < size; ) {
        const got = readSync(fd, whole, at, size - at, null);
        if (got === 0) break;
        at += got;
      }
      return whole;
    } finally {
      closeSync(fd);
    }
  }

  /** Errors: invalidArgument. */
  json(name: string): unknown {
    try {
      return JSON.parse(Buffer.from(this.bytes(name)).toString("utf8"));
    } catch (cause) {
      if (cause instanceof SyntaxError) {
        throw invalidArgument(`invalid image archive: ${name} is not JSON: ${cause.message}`, { cause });
      }
      throw cause;
    }
  }
}
