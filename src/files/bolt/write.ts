import { writeAtomic } from "../atomic.ts";
import {
  type BoltData,
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

const PAGE_SIZE = 4096;
/** Entries that one leaf page can count. */
const MOST_ENTRIES = 0xffff;

/**
 * Writes a whole database anew, and puts it in the place of the old one: Docker's are small. Each bucket is one leaf
 * page, as long as it has to be; bbolt splits it when it next writes there. Nobody may have the old one open.
 */
export function writeBolt(path: string, data: BoltData, durability: "crash" | "power" = "power"): void {
  const pages: Buffer[] = [];
  // Pages 0 and 1 are the metas, 2 the freelist, which stays empty.
  let next = 3;
  const place = (entries: Leaf[]): bigint => {
    const id = next;
    const page = leafPage(BigInt(id), entries);
    pages.push(page);
    next += page.length / PAGE_SIZE;
    return BigInt(id);
  };
  const roots = sorted(data).map(([name, bucket]) => {
    const header = Buffer.alloc(BUCKET_HEADER);
    header.writeBigUInt64LE(place(sorted(bucket).map(([key, value]) => ({ key, value, flags: 0 }))));
    return { key: name, value: header, flags: BUCKET_LEAF };
  });
  const root = place(roots);
  const end = BigInt(next);
  const head = [metaPage(0n, root, end), metaPage(1n, root, end), freelistPage()];
  writeAtomic(path, Buffer.concat([...head, ...pages]), { mode: 0o600, durability });
}

interface Leaf {
  key: string;
  value: Buffer;
  flags: number;
}

/** By the bytes of the keys, as bbolt orders them. */
const sorted = <T>(map: Map<string, T>): [string, T][] =>
  [...map].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

function pageOf(id: bigint, flags: number, count: number, body: Buffer): Buffer {
  const pages = Math.max(1, Math.ceil((PAGE_HEADER + body.length) / PAGE_SIZE));
  const page = Buffer.alloc(pages * PAGE_SIZE);
  page.writeBigUInt64LE(id, 0);
  page.writeUInt16LE(flags, 8);
  page.writeUInt16LE(count, 10);
  page.writeUInt32LE(pages - 1, 12);
  body.copy(page, PAGE_HEADER);
  return page;
}

function leafPage(id: bigint, entries: Leaf[]): Buffer {
  if (entries.length > MOST_ENTRIES) throw new Error(`${entries.length} entries are too many for one bucket`);
  const elements = Buffer.alloc(entries.length * LEAF_ELEMENT);
  const contents: Buffer[] = [];
  let end = elements.length;
  for (const [i, { key, value, flags }] of entries.entries()) {
    const name = Buffer.from(key);
    const at = i * LEAF_ELEMENT;
    elements.writeUInt32LE(flags, at);
    elements.writeUInt32LE(end - at, at + 4);
    elements.writeUInt32LE(name.length, at + 8);
    elements.writeUInt32LE(value.length, at + 12);
    contents.push(name, value);
    end += name.length + value.length;
  }
  return pageOf(id, PAGE.leaf, entries.length, Buffer.concat([elements, ...contents]));
}

function metaPage(id: bigint, root: bigint, end: bigint): Buffer {
  const meta = Buffer.alloc(META_SUMMED + 8);
  meta.writeUInt32LE(MAGIC, 0);
  meta.writeUInt32LE(VERSION, 4);
  meta.writeUInt32LE(PAGE_SIZE, 8);
  meta.writeBigUInt64LE(root, 16);
  meta.writeBigUInt64LE(2n, 32);
  meta.writeBigUInt64LE(end, 40);
  // The transaction: the second meta is the newer one.
  meta.writeBigUInt64LE(id, 48);
  meta.writeBigUInt64LE(fnv64a(meta.subarray(0, META_SUMMED)), META_SUMMED);
  return pageOf(id, PAGE.meta, 0, meta);
}

const freelistPage = (): Buffer => pageOf(2n, PAGE.freelist, 0, Buffer.alloc(0));
