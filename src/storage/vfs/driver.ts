import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pack } from "../../archive/pack.ts";
import type { TarObserver } from "../../archive/tar/reader.ts";
import { unpack } from "../../archive/unpack.ts";
import { exists, invalidArgument, notFound, systemError } from "../../errors/errors.ts";
import { closeFd } from "../../linux/fd.ts";
import { openInRoot, openRoot } from "../../linux/openat2.ts";
import type { Change, CreateLayerOptions, StorageDriver } from "../driver.ts";
import { folderSize } from "../size.ts";
import { compareTrees } from "./compare.ts";

/** Each layer a whole copy of the one below: slow and large, but it works on every file system. */
export class Vfs implements StorageDriver {
  readonly name = "vfs";
  readonly #root: string;

  /** `root` is <data-root>/vfs; layers are under dir/, as moby has them. */
  constructor(root: string) {
    this.#root = join(root, "dir");
    mkdirSync(this.#root, { recursive: true, mode: 0o710 });
  }

  #path(id: string): string {
    return join(this.#root, id);
  }

  status(): [string, string][] {
    return [];
  }

  async create(id: string, parent: string | undefined, options: CreateLayerOptions = {}): Promise<void> {
    const option = Object.keys(options.storageOpt ?? {})[0];
    if (option !== undefined) throw invalidArgument(`--storage-opt is not supported for vfs`);
    const path = this.#path(id);
    if (existsSync(path)) throw exists(`storage layer ${id} exists already`);
    if (parent === undefined) {
      mkdirSync(path, { mode: 0o755 });
      return;
    }
    if (!existsSync(this.#path(parent)))
      throw notFound(`storage layer ${parent}: not found in ${this.#root}`);
    const copy = Bun.spawn(["cp", "-a", "--reflink=auto", this.#path(parent), path], {
      stdout: "ignore",
      stderr: "pipe",
    });
    if ((await copy.exited) !== 0) {
      const why = (await new Response(copy.stderr).text()).trim();
      rmSync(path, { recursive: true, force: true });
      throw systemError(`cannot copy storage layer ${parent} to ${id}: ${why}`);
    }
  }

  async exists(id: string): Promise<boolean> {
    return existsSync(this.#path(id));
  }

  async list(): Promise<string[]> {
    return readdirSync(this.#root);
  }

  async remove(id: string): Promise<void> {
    rmSync(this.#path(id), { recursive: true, force: true });
  }

  async mount(id: string): Promise<string> {
    if (!existsSync(this.#path(id))) throw notFound(`storage layer ${id}: not found in ${this.#root}`);
    return this.#path(id);
  }

  async unmount(): Promise<void> {}

  async metadata(): Promise<Record<string, string>> {
    return {};
  }

  applyDiff(id: string, tar: AsyncIterable<Uint8Array>, observer?: TarObserver): Promise<number> {
    return unpack(tar, this.#path(id), { whiteouts: "remove", ...(observer ? { observer } : {}) });
  }

  openFile(id: string, name: string): number {
    const root = openRoot(this.#path(id));
    try {
      return openInRoot(root, name, 0);
    } finally {
      closeFd(root);
    }
  }

  async *diff(id: string, parent: string | undefined): AsyncGenerator<Uint8Array> {
    if (parent === undefined) {
      yield* pack(this.#path(id));
      return;
    }
    const { packChanges } = await import("./pack-changes.ts");
    yield* packChanges(this.#path(id), await this.changes(id, parent));
  }

  async changes(id: string, parent: string | undefined): Promise<Change[]> {
    return compareTrees(this.#path(id), parent === undefined ? undefined : this.#path(parent));
  }

  async diffSize(id: string, parent: string | undefined): Promise<number> {
    const own = folderSize(this.#path(id));
    return parent === undefined ? own : Math.max(0, own - folderSize(this.#path(parent)));
  }

  async cleanup(): Promise<void> {}
}
