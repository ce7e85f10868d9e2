/**
 * An ingest: content on its way in, under a ref that the client chose. What has been written survives a
 * restart and can be continued. Layout, as containerd has it: ingest/<sha256 of namespace/ref>/{ref,data,
 * total,expected,startedat}.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { failedPrecondition, invalidArgument } from "../../errors/errors.ts";
import { digestOf, hashPrefix } from "./digest.ts";

export interface IngestStatus {
  ref: string;
  offset: number;
  total: number;
  expected: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  updatedAt: number;
}

/** Where what is known under a reference is written to; named as containerd names it. */
export function ingestFolder(root: string, namespace: string, ref: string): string {
  return join(root, "ingest", createHash("sha256").update(`${namespace}/${ref}`).digest("hex"));
}

/** Reads an ingest's state; undefined when the folder holds none. */
export function readIngest(folder: string): (IngestStatus & { namespace: string }) | undefined {
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name), "utf8");
    } catch {
      return "";
    }
  };
  const whole = read("ref");
  const slash = whole.indexOf("/");
  if (slash < 0) return undefined;
  const data = statSync(join(folder, "data"), { throwIfNoEntry: false });
  return {
    namespace: whole.slice(0, slash),
    ref: whole.slice(slash + 1),
    offset: data?.size ?? 0,
    total: Number(read("total")),
    expected: read("expected"),
    startedAt: Number(read("startedat")),
    updatedAt: data?.mtimeMs ?? 0,
  };
}

/** The one writer of an ingest. */
export class IngestWriter {
  readonly folder: string;
  readonly status: IngestStatus;
  readonly #file: FileHandle;
  #hasher: Bun.CryptoHasher;

  private constructor(folder: string, status: IngestStatus, file: FileHandle, hasher: Bun.CryptoHasher) {
    this.folder = folder;
    this.status = status;
    this.#file = file;
    this.#hasher = hasher;
  }

  /** Begins, or goes on with what is there. */
  static async open(
    folder: string,
    namespace: string,
    ref: string,
    total: number,
    expected: string,
  ): Promise<IngestWriter> {
    const existing = readIngest(folder);
    if (existing && existing.total !== 0 && total !== 0 && existing.total !== total)
      throw failedPrecondition(
        `ref ${ref}: provided total ${total} differs from the status ${existing.total}: failed precondition`,
      );
    const status: IngestStatus = {
      ref,
      offset: existing?.offset ?? 0,
      total: total || (existing?.total ?? 0),
      expected: expected || (existing?.expected ?? ""),
      startedAt: existing?.startedAt ?? Date.now(),
      updatedAt: existing?.updatedAt ?? Date.now(),
    };
    if (!existing) begin(folder, namespace, status);
    const file = await open(join(folder, "data"), existing ? "r+" : "w+", 0o600);
    return new IngestWriter(folder, status, file, await hashPrefix(join(folder, "data"), status.offset));
  }

  get digest(): string {
    return digestOf(this.#hasher);
  }

  async write(data: Uint8Array): Promise<void> {
    await this.#file.write(data, 0, data.length, this.status.offset);
    this.#hasher.update(data);
    this.status.offset += data.length;
    this.status.updatedAt = Date.now();
  }

  /** Only to the start: what is wanted by clients that begin anew. */
  async truncate(offset: number): Promise<void> {
    if (offset !== 0)
      throw invalidArgument(`ref ${this.status.ref}: truncate to ${offset}: only 0 is possible`);
    await this.#file.truncate(0);
    this.status.offset = 0;
    this.#hasher = new Bun.CryptoHasher("sha256");
  }

  /** Makes what was written safe from a power loss. */
  async sync(): Promise<void> {
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function begin(folder: string, namespace: string, status: IngestStatus): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, "total"), String(status.total));
  writeFileSync(join(folder, "expected"), status.expected);
  writeFileSync(join(folder, "startedat"), String(status.startedAt));
  writeFileSync(join(folder, "data"), "");
  writeFileSync(join(folder, "ref"), `${namespace}/${status.ref}`);
}
