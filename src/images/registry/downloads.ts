import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../../errors/errors.ts";
import { Growing, type Growth } from "../layers/growing.ts";
import { unlessAborted } from "./abort.ts";
import type { Descriptor } from "./descriptor.ts";
import { type BlobSource, discardDownload, downloadBlob } from "./download.ts";
import { ServedByMirrors } from "./served.ts";
import { Slots } from "./slots.ts";

/** What somebody who waits for a blob is told. A newcomer is told the latest state at once. */
export type DownloadState =
  | { kind: "starting" }
  | { kind: "waiting" }
  | { kind: "downloading"; current: number }
  | { kind: "verifying" }
  | { kind: "retrying"; seconds: number }
  | { kind: "complete"; mirror?: string | undefined };

/** A blob in a file, on its way or here and verified, which is kept until the last holder lets go. */
export interface HeldBlob {
  file: string;
  /** True if all of it is here and verified. */
  readonly complete: boolean;
  /** For reading it while it comes in. Errors: those of downloadBlob. */
  growth(): Growth;
  release(): Promise<void>;
}

interface Shared {
  controller: AbortController;
  watchers: Set<(state: DownloadState) => void>;
  /** Those who wait and those who hold the file. */
  holders: number;
  state: DownloadState;
  growing: Growing;
  done: Promise<void>;
}

export interface DownloadsOptions {
  /** Where blobs and parts of blobs lie. */
  directory: string;
  /** How many transfers may run at once, over all pulls. */
  concurrency: () => number;
  /** See DownloadOptions. */
  backoff?: readonly number[];
}

/** Downloads of blobs, shared by all pulls: one transfer a digest, however many want it. */
export class Downloads {
  private readonly running = new Map<string, Shared>();
  private readonly slots: Slots;
  /** Who has had what was downloaded. */
  readonly served = new ServedByMirrors();

  constructor(private readonly options: DownloadsOptions) {
    this.slots = new Slots(options.concurrency);
  }

  /**
   * Gets a blob. The transfer ends when all holders have gone away; its part stays for another time. Once the signal
   * is aborted, reading it fails.
   */
  get(
    blob: Descriptor,
    sources: readonly BlobSource[],
    watch: (state: DownloadState) => void,
    signal: AbortSignal,
  ): HeldBlob {
    const shared = this.running.get(blob.digest) ?? this.start(blob, sources);
    shared.holders++;
    shared.watchers.add(watch);
    watch(shared.state);
    let released: Promise<void> | undefined;
    return {
      file: this.file(blob.digest),
      get complete() {
        return shared.state.kind === "complete";
      },
      growth() {
        const growth = shared.growing.reader();
        return { next: (seen) => unlessAborted(growth.next(seen), signal) };
      },
      release: () => {
        shared.watchers.delete(watch);
        released ??= this.release(blob.digest, shared);
        return released;
      },
    };
  }

  private file(digest: string): string {
    return join(this.options.directory, digest.replace(":", "-"));
  }

  private start(blob: Descriptor, sources: readonly BlobSource[]): Shared {
    const shared: Shared = {
      controller: new AbortController(),
      watchers: new Set(),
      holders: 0,
      state: { kind: this.slots.full ? "waiting" : "starting" },
      growing: new Growing(),
      done: Promise.resolve(),
    };
    this.running.set(blob.digest, shared);
    shared.done = this.run(blob, sources, shared);
    shared.done.catch((error) => {
      shared.growing.fail(error);
      this.forget(blob.digest, shared);
    });
    return shared;
  }

  private async run(blob: Descriptor, sources: readonly BlobSource[], shared: Shared): Promise<void> {
    const tell = (state: DownloadState): void => {
      shared.state = state;
      for (const watch of shared.watchers) watch(state);
    };
    const { signal } = shared.controller;
    const leave = await this.slots.enter(signal);
    try {
      const { mirror } = await downloadBlob({
        sources,
        blob,
        file: this.file(blob.digest),
        signal,
        onProgress: (current) => {
          shared.growing.grow(current);
          tell({ kind: "downloading", current });
        },
        onVerify: () => tell({ kind: "verifying" }),
        onRetry: (seconds) => tell({ kind: "retrying", seconds }),
        ...(this.options.backoff ? { backoff: this.options.backoff } : {}),
      });
      this.served.count(mirror, blob.size);
      tell({ kind: "complete", mirror });
      // What an earlier, broken pull has left may have been all of it.
      shared.growing.grow(blob.size);
      shared.growing.finish();
    } finally {
      leave();
    }
  }

  private forget(digest: string, shared: Shared): void {
    if (this.running.get(digest) === shared) this.running.delete(digest);
  }

  private async release(digest: string, shared: Shared): Promise<void> {
    if (--shared.holders > 0) return;
    this.forget(digest, shared);
    if (shared.state.kind === "complete") return discardDownload(this.file(digest));
    shared.controller.abort();
    // A newcomer must not open the file while the old transfer may still write.
    await shared.done.catch(() => {});
  }

  /** Removes what broken pulls have left behind for more than `age` milliseconds. */
  async sweep(age: number): Promise<void> {
    const names = await readdir(this.options.directory).catch((error) => {
      if (errnoOf(error) === "ENOENT") return [];
      throw error;
    });
    for (const name of names) {
      if (this.running.has(name.replace("-", ":"))) continue;
      const file = join(this.options.directory, name);
      const { mtimeMs } = await stat(file);
      if (Date.now() - mtimeMs > age) await rm(file, { force: true });
    }
  }
}
