import type { IDMap } from "../../linux/id-map.ts";
import type { Change } from "../driver.ts";
import { compareTrees } from "./compare.ts";
import { packChanges, sizeOfChanges } from "./pack-changes.ts";

/** Mounts layers; see StorageDriver. */
export interface Mounts {
  readonly ids: IDMap | undefined;
  mount(id: string): Promise<string>;
  unmount(id: string): Promise<void>;
}

/**
 * Differences found by comparing a mounted layer with the mounted one below, for where the layer's own folder does not
 * hold whole files (metacopy), or marks deletions in a way of its own (fuse-overlayfs).
 */
export class NaiveDiff {
  readonly #mounts: Mounts;

  constructor(mounts: Mounts) {
    this.#mounts = mounts;
  }

  async #compared<T>(
    id: string,
    parent: string | undefined,
    use: (root: string, changes: Change[]) => T,
  ): Promise<T> {
    const root = await this.#mounts.mount(id);
    try {
      const below = parent === undefined ? undefined : await this.#mounts.mount(parent);
      try {
        return use(root, compareTrees(root, below));
      } finally {
        if (parent !== undefined) await this.#mounts.unmount(parent);
      }
    } finally {
      await this.#mounts.unmount(id);
    }
  }

  changes(id: string, parent: string | undefined): Promise<Change[]> {
    return this.#compared(id, parent, (_, changes) => changes);
  }

  size(id: string, parent: string | undefined): Promise<number> {
    return this.#compared(id, parent, sizeOfChanges);
  }

  async *diff(id: string, parent: string | undefined): AsyncGenerator<Uint8Array> {
    const changes = await this.changes(id, parent);
    const root = await this.#mounts.mount(id);
    try {
      yield* packChanges(root, changes, this.#mounts.ids);
    } finally {
      await this.#mounts.unmount(id);
    }
  }
}
