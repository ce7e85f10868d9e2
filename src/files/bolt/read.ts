import { readFileSync } from "node:fs";
import { EngineError } from "../../errors/errors.ts";
import {
  type BoltData,
  BRANCH_ELEMENT,
  BUCKET_HEADER,
  BUCKET_LEAF,
  fnv64a,
  LEAF_ELEMENT,
  MAGIC,
  META_SUMMED,
  PAGE,
  PAGE_HEADER,
  VERSION,
} from "./format.ts";

/** Trees deeper than this are loops. */
const MAX_DEPTH = 32;

/** All buckets of a database that nobody has open; buckets within buckets are left out. Errors: ENOENT, dataLoss. */
export function readBolt(path: string): BoltData {
  const file = readFileSync(path);
  try {
    return new BoltReader(file).buckets();
  } catch (cause) {
    if (cause instanceof EngineError)
      throw new EngineError("dataLoss", `${path}: ${cause.message}`, { cause });
    throw new EngineError("dataLoss", `${path}: not a bolt database, or a damaged one`, { cause });
  }
}

interface Meta {
  pageSize: number;
  root: bigint;
  transaction: bigint;
}

class BoltReader {
  readonly #file: Buffer;
  readonly #meta: Meta;

  constructor(file: Buffer) {
    this.#file = file;
    this.#meta = newestMeta(file);
  }

  buckets(): BoltData {
    const found: BoltData = new Map();
    this.#walk(this.#page(this.#meta.root), 0, (key, value, flags) => {
      if (flags & BUCKET_LEAF) found.set(key, this.#bucket(value));
    });
    return found;
  }

  #bucket(header: Buffer): Map<string, Buffer> {
    const entries = new Map<string, Buffer>();
    const root = header.readBigUInt64LE(0);
    const page = root === 0n ? header.subarray(BUCKET_HEADER) : this.#page(root);
    this.#walk(page, 0, (key, value, flags) => {
      if (!(flags & BUCKET_LEAF)) entries.set(key, Buffer.from(value));
    });
    return entries;
  }

  #page(id: bigint): Buffer {
    const at = Number(id) * this.#meta.pageSize;
    const header = this.#file.subarray(at, at + PAGE_HEADER);
    if (header.length < PAGE_HEADER || header.readBigUInt64LE(0) !== id)
      throw new EngineError("dataLoss", `page ${id} is damaged`);
    return this.#file.subarray(at, at + (header.readUInt32LE(12) + 1) * this.#meta.pageSize);
  }

  #walk(page: Buffer, depth: number, use: (key: string, value: Buffer, flags: number) => void): void {
    if (depth > MAX_DEPTH) throw new EngineError("dataLoss", "its tree has a loop");
    const [flags, count] = [page.readUInt16LE(8), page.readUInt16LE(10)];
    for (let i = 0; i < count; i++) {
      if (flags & PAGE.branch) {
        const at = PAGE_HEADER + i * BRANCH_ELEMENT;
        this.#walk(this.#page(page.readBigUInt64LE(at + 8)), depth + 1, use);
        continue;
      }
      const at = PAGE_HEADER + i * LEAF_ELEMENT;
      const [kind, position] = [page.readUInt32LE(at), page.readUInt32LE(at + 4)];
      const keyAt = at + position;
      const valueAt = keyAt + page.readUInt32LE(at + 8);
      const value = page.subarray(valueAt, valueAt + page.readUInt32LE(at + 12));
      use(page.toString("utf8", keyAt, valueAt), value, kind);
    }
  }
}

/** The second meta page lies one page on, but the page's size is in the first, which may be the damaged one. */
function newestMeta(file: Buffer): Meta {
  const first = metaAt(file, 0);
  const sizes = first ? [first.pageSize] : [4096, 8192, 16384, 65536];
  const second = sizes.map((size) => metaAt(file, size)).find((meta) => meta !== undefined);
  const metas = [first, second].filter((meta) => meta !== undefined);
  const newest = metas.sort((a, b) => Number(b.transaction - a.transaction))[0];
  if (!newest) throw new EngineError("dataLoss", "not a bolt database: neither meta page is valid");
  return newest;
}

function metaAt(file: Buffer, page: number): Meta | undefined {
  const meta = file.subarray(page + PAGE_HEADER, page + PAGE_HEADER + META_SUMMED + 8);
  if (meta.length < META_SUMMED + 8) return undefined;
  if (meta.readUInt32LE(0) !== MAGIC || meta.readUInt32LE(4) !== VERSION) return undefined;
  if (meta.readBigUInt64LE(META_SUMMED) !== fnv64a(meta.subarray(0, META_SUMMED))) return undefined;
  return {
    pageSize: meta.readUInt32LE(8),
    root: meta.readBigUInt64LE(16),
    transaction: meta.readBigUInt64LE(48),
  };
}
