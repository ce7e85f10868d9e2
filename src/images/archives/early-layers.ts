import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TarHeader } from "../../archive/tar/header.ts";
import type { FileWatcher } from "../../archive/unpack.ts";
import { Growing } from "../layers/growing.ts";
import { sniffCompression } from "../registry/decompress.ts";
import type { LayerStore, PreparedLayer } from "../types.ts";

/** Where a tar says what it is: ustar's and GNU's magic (POSIX.1-2017 pax, ustar). */
const [MAGIC_AT, MAGIC] = [257, "ustar"];
/** Smaller ones are not worth it. */
const LEAST = 64 * 1024;

/**
 * The layers of an archive that is still coming in, unpacked before its list of images is there to say which they are.
 * A guess that was wrong costs some work, and leaves nothing.
 */
export class EarlyLayers {
  readonly #layers: LayerStore;
  readonly #signal: AbortSignal;
  /** By the real path of the file in the archive's folder. */
  readonly #prepared = new Map<string, PreparedLayer>();

  constructor(layers: LayerStore, signal: AbortSignal) {
    this.#layers = layers;
    this.#signal = signal;
  }

  /** For each file of the archive, at `path` now. */
  watch(path: string, header: TarHeader): FileWatcher | undefined {
    if (header.size < LEAST || this.#isHere(header)) return undefined;
    const growing = new Growing();
    let begun = false;
    return {
      grown: (size, piece) => {
        growing.grow(size);
        if (begun) return;
        begun = true;
        if (looksLikeLayer(piece)) this.#begin(path, growing);
      },
      finished: () => growing.finish(),
    };
  }

  /**
   * Names of layers often hold the digest of what is in them; where they do not, one of this very size is most likely
   * the same. Should either be wrong, the layer is read where it is needed.
   */
  #isHere({ name, size }: TarHeader): boolean {
    const hex = /[0-9a-f]{64}/.exec(name)?.[0];
    if (hex !== undefined && this.#layers.hasDiff(`sha256:${hex}`)) return true;
    return this.#layers.mayHaveTarOf(size);
  }

  #begin(path: string, growing: Growing): void {
    const real = join(realpathSync(dirname(path)), path.slice(path.lastIndexOf("/") + 1));
    const prepared = this.#layers.prepare({ path: real, growth: growing.reader() }, this.#signal);
    if (!prepared) return;
    // A later entry of the same name takes the file's place.
    void this.#prepared.get(real)?.discard();
    this.#prepared.set(real, prepared);
  }

  /** The layer in a file, if it has been begun; for one use. */
  take(path: string): PreparedLayer | undefined {
    const prepared = this.#prepared.get(path);
    this.#prepared.delete(path);
    return prepared;
  }

  /** Drops those that were not taken. */
  async discard(): Promise<void> {
    await Promise.all([...this.#prepared.values()].map((one) => one.discard()));
    this.#prepared.clear();
  }
}

function looksLikeLayer(head: Uint8Array): boolean {
  if (["gzip", "zstd"].includes(sniffCompression(head))) return true;
  return Buffer.from(head.subarray(MAGIC_AT, MAGIC_AT + MAGIC.length)).toString("latin1") === MAGIC;
}
