/**
 * Content by digest. Files are shared by all namespaces (blobs/sha256/<hex>); which namespace sees which,
 * and with which labels, stands in the metadata.
 */
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import {
  exists,
  failedPrecondition,
  invalidArgument,
  notFound,
  outOfRange,
  unavailable,
} from "../../errors/errors.ts";
import { syncFolder } from "../../files/atomic.ts";
import { compileFilters, labelOf } from "../filters/filter.ts";
import type { Metadata } from "../metadata/database.ts";
import { checkMask, maskedLabels, withoutEmpty } from "../metadata/field-mask.ts";
import type { Labels, NamespaceStore } from "../metadata/namespaces.ts";
import { checkLabels } from "../metadata/validate.ts";
import { hexOf } from "./digest.ts";
import { type IngestStatus, IngestWriter, ingestFolder, readIngest } from "./ingest.ts";

export interface BlobInfo {
  digest: string;
  size: number;
  /** Milliseconds since 1970. */
  createdAt: number;
  updatedAt: number;
  labels: Labels;
}

interface Row {
  digest: string;
  size: number;
  created_at: number;
  updated_at: number;
  labels: string;
}

const infoOf = (row: Row): BlobInfo => ({
  digest: row.digest,
  size: row.size,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  labels: JSON.parse(row.labels) as Labels,
});

const here = (digest: string) => exists(`content ${digest}: already exists`, { data: { digest } });

/** Bytes of a message of content. */
const CHUNK = 256 << 10;

export class ContentStore {
  readonly #root: string;
  readonly #db: Metadata;
  readonly #namespaces: NamespaceStore;
  /** Ingest folders that have a writer now. */
  readonly #writing = new Set<string>();

  constructor(root: string, db: Metadata, namespaces: NamespaceStore) {
    this.#root = root;
    this.#db = db;
    this.#namespaces = namespaces;
    mkdirSync(join(root, "blobs", "sha256"), { recursive: true, mode: 0o700 });
    mkdirSync(join(root, "ingest"), { recursive: true, mode: 0o700 });
  }

  /** Where a blob's file is, whether it exists or not. */
  path(digest: string): string {
    return join(this.#root, "blobs", "sha256", hexOf(digest));
  }

  /** Errors: notFound. */
  info(namespace: string, digest: string): BlobInfo {
    const row = this.#db.get<Row>(
      "SELECT * FROM blobs WHERE namespace = ? AND digest = ?",
      namespace,
      digest,
    );
    if (!row) throw notFound(`content digest ${digest}: not found`);
    return infoOf(row);
  }

  list(namespace: string, filters: readonly string[]): BlobInfo[] {
    const matches = compileFilters(filters, readField);
    return this.#db
      .all<Row>("SELECT * FROM blobs WHERE namespace = ? ORDER BY digest", namespace)
      .map(infoOf)
      .filter(matches);
  }

  /** Errors: notFound, invalidArgument. */
  update(namespace: string, digest: string, given: Labels, paths: readonly string[] | undefined): BlobInfo {
    checkMask(paths, ["labels"], `content info ${JSON.stringify(digest)}`);
    const labels = maskedLabels(this.info(namespace, digest).labels, given, paths);
    checkLabels(labels);
    this.#db.run(
      "UPDATE blobs SET labels = ?, updated_at = ? WHERE namespace = ? AND digest = ?",
      JSON.stringify(labels),
      Date.now(),
      namespace,
      digest,
    );
    return this.info(namespace, digest);
  }

  /** Takes a blob from a namespace; the file goes with the last one. Errors: notFound. */
  delete(namespace: string, digest: string): void {
    const gone = this.#db.run("DELETE FROM blobs WHERE namespace = ? AND digest = ?", namespace, digest);
    if (gone === 0) throw notFound(`content digest ${digest}: not found`);
    if (!this.#db.get("SELECT 1 FROM blobs WHERE digest = ?", digest))
      rmSync(this.path(digest), { force: true });
  }

  /** Streams part of a blob; a size of 0 means to the end. Errors: notFound, invalidArgument. */
  async *read(namespace: string, digest: string, offset: number, size: number): AsyncIterable<Uint8Array> {
    const { size: whole } = this.info(namespace, digest);
    if (offset > whole) throw outOfRange(`read past object length ${whole} bytes`);
    const end = size > 0 ? Math.min(whole, offset + size) : whole;
    if (end === offset) return;
    yield* createReadStream(this.path(digest), { start: offset, end: end - 1, highWaterMark: CHUNK });
  }

  /** Opens a ref for writing. Errors: exists when the content is here, unavailable while another writes. */
  async openWriter(namespace: string, ref: string, total: number, expected: string): Promise<IngestWriter> {
    if (ref === "") throw invalidArgument("first message must have a reference");
    if (expected !== "") {
      hexOf(expected);
      if (this.has(namespace, expected)) throw here(expected);
    }
    const folder = ingestFolder(this.#root, namespace, ref);
    if (this.#writing.has(folder)) throw unavailable(`ref ${ref} locked by another writer: unavailable`);
    this.#writing.add(folder);
    try {
      return await IngestWriter.open(folder, namespace, ref, total, expected);
    } catch (error) {
      this.#writing.delete(folder);
      throw error;
    }
  }

  /** Ends writing; what was written stays to be continued. */
  async closeWriter(writer: IngestWriter): Promise<void> {
    this.#writing.delete(writer.folder);
    await writer.close();
  }

  /** Turns an ingest into a blob. Errors: failedPrecondition on a wrong size or digest, exists. */
  async commit(
    namespace: string,
    writer: IngestWriter,
    size: number,
    expected: string,
    labels: Labels,
  ): Promise<string> {
    const { digest, status } = writer;
    if (size > 0 && size !== status.offset)
      throw failedPrecondition(
        `${JSON.stringify(status.ref)} failed size validation: ${status.offset} != ${size}: failed precondition`,
      );
    const wanted = expected || status.expected;
    if (wanted !== "" && wanted !== digest)
      throw failedPrecondition(`unexpected commit digest ${digest}, expected ${wanted}: failed precondition`);
    checkLabels(labels);
    await writer.sync();
    if (this.has(namespace, digest)) {
      rmSync(writer.folder, { recursive: true, force: true });
      throw here(digest);
    }
    this.#keep(writer.folder, digest);
    const now = Date.now();
    this.#namespaces.ensure(namespace);
    this.#db.run(
      "INSERT OR IGNORE INTO blobs VALUES (?, ?, ?, ?, ?, ?)",
      ...[namespace, digest, status.offset, now, now, JSON.stringify(withoutEmpty(labels))],
    );
    rmSync(writer.folder, { recursive: true, force: true });
    return digest;
  }

  #keep(folder: string, digest: string): void {
    const target = this.path(digest);
    if (existsSync(target)) return;
    chmodSync(join(folder, "data"), 0o444);
    renameSync(join(folder, "data"), target);
    syncFolder(join(target, ".."));
  }

  /** Whether a namespace has a blob. */
  has(namespace: string, digest: string): boolean {
    return (
      this.#db.get("SELECT 1 FROM blobs WHERE namespace = ? AND digest = ?", namespace, digest) !== undefined
    );
  }

  /** Errors: notFound. */
  status(namespace: string, ref: string): IngestStatus {
    const status = readIngest(ingestFolder(this.#root, namespace, ref));
    if (!status) throw notFound(`reference ${ref}: not found`);
    return status;
  }

  statuses(namespace: string, filters: readonly string[]): IngestStatus[] {
    const matches = compileFilters<IngestStatus>(filters, (status, path) =>
      path[0] === "ref" ? status.ref : undefined,
    );
    return readdirSync(join(this.#root, "ingest"))
      .map((name) => readIngest(join(this.#root, "ingest", name)))
      .filter((status) => status !== undefined)
      .filter((status) => status.namespace === namespace && matches(status));
  }

  /** Errors: notFound; unavailable while it is written. */
  abort(namespace: string, ref: string): void {
    const folder = ingestFolder(this.#root, namespace, ref);
    if (this.#writing.has(folder)) throw unavailable(`ref ${ref} is being written: unavailable`);
    this.status(namespace, ref);
    rmSync(folder, { recursive: true, force: true });
  }

  /** Removes what was written under a ref, unless somebody writes it now. */
  giveUp(namespace: string, ref: string): void {
    const folder = ingestFolder(this.#root, namespace, ref);
    if (!this.#writing.has(folder)) rmSync(folder, { recursive: true, force: true });
  }

  /** Removes files that no namespace knows: what a crash between file and metadata leaves. */
  removeUnknownFiles(): number {
    const folder = join(this.#root, "blobs", "sha256");
    let removed = 0;
    for (const hex of readdirSync(folder)) {
      if (this.#db.get("SELECT 1 FROM blobs WHERE digest = ?", `sha256:${hex}`)) continue;
      if (!statSync(join(folder, hex), { throwIfNoEntry: false })?.isFile()) continue;
      rmSync(join(folder, hex), { force: true });
      removed++;
    }
    return removed;
  }
}

function readField(info: BlobInfo, path: readonly string[]): string | undefined {
  switch (path[0]) {
    case "digest":
      return info.digest;
    case "labels":
      return labelOf(info.labels, path);
    default:
      return undefined;
  }
}
