import { chmodSync, chownSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../errors/errors.ts";
import { removeTree } from "../../files/remove-tree.ts";
import { hostRoot, type IDMap } from "../../linux/id-map.ts";
import { unlessAborted } from "../registry/abort.ts";
import type { LayerFile, PreparedLayer } from "../types.ts";
import { type Growth, RestartedError } from "./growing.ts";
import type { UnpackPlaces } from "./places.ts";
import { TAR_SPLIT } from "./records.ts";
import type { Unpacked, UnpackRequest } from "./unpack.ts";
import type { Unpackers } from "./unpackers.ts";

interface EarlyOptions {
  whiteouts: UnpackRequest["whiteouts"];
  ids: IDMap | undefined;
  /** Shared with all other layers that are unpacked. */
  places: UnpackPlaces;
  unpackers: Unpackers;
}

/** A layer in a folder of its own, until it is known where it belongs. What a crash leaves there goes at the next start. */
export class EarlyLayer implements PreparedLayer {
  readonly unpacked: Promise<Unpacked>;
  readonly #place: string;
  readonly #stop = new AbortController();

  /** `place` is an empty folder on the file system of the layers. */
  constructor(place: string, file: LayerFile, signal: AbortSignal, options: EarlyOptions) {
    this.#place = place;
    const either = AbortSignal.any([signal, this.#stop.signal]);
    this.unpacked = this.#unpack(file.path, stopping(file.growth, either), either, options);
    this.unpacked.catch(() => {});
  }

  get #folder(): string {
    return join(this.#place, "diff");
  }

  async #unpack(
    path: string,
    growth: Growth | undefined,
    signal: AbortSignal,
    options: EarlyOptions,
  ): Promise<Unpacked> {
    const { whiteouts, ids, places, unpackers } = options;
    const { uid, gid } = hostRoot(ids);
    mkdirSync(this.#folder);
    // As a driver makes it: what the layer does not say of its root stays so.
    chmodSync(this.#folder, 0o755);
    chownSync(this.#folder, uid, gid);
    const leave = await places.enter(growth, signal);
    try {
      const tarSplit = join(this.#place, TAR_SPLIT);
      const request = { file: path, folder: this.#folder, whiteouts, ids, tarSplit };
      return await unpackers.unpack(request, { growth, signal });
    } finally {
      leave();
    }
  }

  async move(folder: string, tarSplit: string): Promise<Unpacked> {
    try {
      const unpacked = await this.unpacked;
      renameSync(this.#folder, folder);
      renameSync(join(this.#place, TAR_SPLIT), tarSplit);
      return unpacked;
    } catch (error) {
      // Layers are on a file system of their own, or under another quota: from the file, then.
      if (errnoOf(error) === "EXDEV") throw new RestartedError();
      throw error;
    } finally {
      await this.discard();
    }
  }

  async discard(): Promise<void> {
    this.#stop.abort();
    await this.unpacked.catch(() => {});
    await removeTree(this.#place);
  }
}

/** The writer may have given up without a word. */
const stopping = (growth: Growth | undefined, signal: AbortSignal): Growth | undefined =>
  growth && { next: (seen) => unlessAborted(growth.next(seen), signal) };
