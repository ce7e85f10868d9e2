import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errnoOf } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { KeyedLock } from "../../lock/keyed-lock.ts";
import type { Digest } from "../types.ts";
import { isDigest, splitDigest } from "./descriptor.ts";
import type { BlobRecord, BlobRecords } from "./records.ts";

/** An entry of a v2metadata file, as moby writes it; HMAC ties an entry to a login there. */
interface Entry {
  Digest: string;
  SourceRepository: string;
  HMAC: string;
}

/** As moby: older ones are dropped. */
const MAX_ENTRIES = 50;

/**
 * Blob records on disk, as moby's image/<driver>/distribution: v2metadata-by-diffid/<algorithm>/<hex> lists the
 * blobs of a layer, diffid-by-digest/<algorithm>/<hex> names the layer of a blob.
 */
export class BlobRecordStore implements BlobRecords {
  private readonly writing = new KeyedLock();

  constructor(private readonly root: string) {}

  async blobsOf(diffID: Digest): Promise<BlobRecord[]> {
    const entries = await this.read(diffID);
    return entries.map(({ Digest, SourceRepository }) => ({ digest: Digest, repository: SourceRepository }));
  }

  record(diffID: Digest, { digest, repository }: BlobRecord): Promise<void> {
    return this.writing.run(diffID, async () => {
      const entries = await this.read(diffID);
      const [first] = entries;
      if (first?.Digest === digest && first.SourceRepository === repository) return;
      const same = (entry: Entry): boolean =>
        entry.Digest === digest && entry.SourceRepository === repository;
      const kept = entries.filter((entry) => !same(entry)).slice(0, MAX_ENTRIES - 1);
      const all: Entry[] = [{ Digest: digest, SourceRepository: repository, HMAC: "" }, ...kept];
      this.write(this.file("v2metadata-by-diffid", diffID), JSON.stringify(all));
      this.write(this.file("diffid-by-digest", digest), diffID);
    });
  }

  /** What cannot be read counts as unknown: these are hints, and the registry is asked anyway. */
  private async read(diffID: Digest): Promise<Entry[]> {
    try {
      const parsed: unknown = JSON.parse(await readFile(this.file("v2metadata-by-diffid", diffID), "utf8"));
      return Array.isArray(parsed) ? parsed.filter(isEntry) : [];
    } catch (error) {
      if (errnoOf(error) === "ENOENT" || error instanceof SyntaxError) return [];
      throw error;
    }
  }

  private write(file: string, text: string): void {
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeAtomic(file, text, { durability: "crash" });
  }

  private file(kind: string, digest: Digest): string {
    const { algorithm, hex } = splitDigest(digest);
    return join(this.root, kind, algorithm, hex);
  }
}

function isEntry(value: unknown): value is Entry {
  const entry = value as Partial<Entry> | null;
  return (
    typeof entry?.Digest === "string" && isDigest(entry.Digest) && typeof entry.SourceRepository === "string"
  );
}
