import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeAtomic } from "../../../files/atomic.ts";
import { sha256 } from "../tree/hash.ts";
import { folderBytes } from "./folder-bytes.ts";

export interface CacheMountRecord {
  /** Folder's name. */
  key: string;
  /** As in the Dockerfile. */
  id: string;
  /** Milliseconds since 1970. */
  created: number;
  lastUsed: number;
  uses: number;
}

interface FolderOwner {
  uid: number;
  gid: number;
  mode: number;
}

/** Folders of RUN --mount=type=cache, which outlive builds: <data-root>/builder/cache/<key>/{data,record.json}. */
export class CacheMounts {
  readonly #root: string;
  readonly #inUse = new Map<string, number>();
  /** key → end of the line of those who want it alone. */
  readonly #locks = new Map<string, Promise<void>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The folder, made (and filled by `fill`) if it is not there, and the function that gives it back. Errors: of `fill`. */
  async take(
    id: string,
    sharing: "shared" | "private" | "locked",
    owner: FolderOwner,
    fill: (path: string) => Promise<void> = async () => {},
  ): Promise<{ path: string; release(): void }> {
    const key = this.#keyFor(id, sharing);
    const unlock = sharing === "locked" ? await this.#lock(key) : () => {};
    const path = join(this.#root, key, "data");
    try {
      if (!existsSync(path)) await makeFilled(path, owner, fill);
    } catch (error) {
      unlock();
      throw error;
    }
    this.#note(key, id);
    this.#inUse.set(key, (this.#inUse.get(key) ?? 0) + 1);
    return {
      path,
      release: () => {
        this.#inUse.set(key, this.#inUse.get(key)! - 1);
        unlock();
      },
    };
  }

  /** A private one that somebody has at the moment is another one for everybody else. */
  #keyFor(id: string, sharing: string): string {
    const key = sha256(id).slice(0, 24);
    if (sharing !== "private") return key;
    for (let n = 0; ; n++) {
      const candidate = n === 0 ? key : `${key}-${n}`;
      if ((this.#inUse.get(candidate) ?? 0) === 0) return candidate;
    }
  }

  async #lock(key: string): Promise<() => void> {
    const before = this.#locks.get(key) ?? Promise.resolve();
    let free = (): void => {};
    this.#locks.set(
      key,
      new Promise((resolve) => {
        free = resolve;
      }),
    );
    await before;
    return free;
  }

  #note(key: string, id: string): void {
    const now = Date.now();
    const before = this.#record(key);
    const record = { key, id, created: before?.created ?? now, lastUsed: now, uses: (before?.uses ?? 0) + 1 };
    writeAtomic(join(this.#root, key, "record.json"), JSON.stringify(record));
  }

  #record(key: string): CacheMountRecord | undefined {
    const path = join(this.#root, key, "record.json");
    if (!existsSync(path)) return undefined;
    return JSON.parse(readFileSync(path, "utf8")) as CacheMountRecord;
  }

  list(): (CacheMountRecord & { size: number; inUse: boolean })[] {
    if (!existsSync(this.#root)) return [];
    return readdirSync(this.#root).flatMap((key) => {
      const record = this.#record(key);
      if (!record) return [];
      const size = folderBytes(join(this.#root, key, "data"));
      return [{ ...record, size, inUse: (this.#inUse.get(key) ?? 0) > 0 }];
    });
  }

  remove(key: string): void {
    if ((this.#inUse.get(key) ?? 0) > 0 || !existsSync(join(this.#root, key))) return;
    rmSync(join(this.#root, key), { recursive: true, force: true });
  }
}

/** It is there when it is filled, or not at all. */
async function makeFilled(
  path: string,
  owner: FolderOwner,
  fill: (path: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await makeOwned(temporary, owner);
    await fill(temporary);
    // Somebody else may have been quicker.
    if (!existsSync(path)) renameSync(temporary, path);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function makeOwned(path: string, { uid, gid, mode }: FolderOwner): Promise<void> {
  mkdirSync(path, { recursive: true, mode: 0o711 });
  const { chmod, chown } = await import("node:fs/promises");
  await chown(path, uid, gid);
  await chmod(path, mode);
}
