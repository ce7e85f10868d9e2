import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataLoss } from "../../errors/errors.ts";
import { RestartedError } from "../layers/growing.ts";
import type { Image, Layer, LayerFile, LayerStep } from "../types.ts";
import { RegistryClient } from "./client.ts";
import { decompressLayer } from "./decompress.ts";
import { digestOf } from "./descriptor.ts";
import { Downloads } from "./downloads.ts";
import type { RegistrySettings } from "./endpoint.ts";
import { InsecureRegistries } from "./insecure.ts";
import { hostPlatform } from "./platform.ts";
import type { ProgressMessage } from "./progress.ts";
import { Puller, type PullRequest } from "./pull.ts";
import { Pusher } from "./push.ts";
import type { BlobRecord } from "./records.ts";
import { Transport } from "./transport.ts";

/** Layers and images in memory, and a puller and pusher over them, for tests. */
export class TestEngine {
  readonly directory = mkdtempSync(join(tmpdir(), "pequod-registry-"));
  readonly layerMap = new Map<string, Layer>();
  readonly references = new Map<string, number>();
  readonly imageMap = new Map<string, Uint8Array>();
  readonly recordMap = new Map<string, BlobRecord[]>();
  readonly progress: ProgressMessage[] = [];
  readonly client: RegistryClient;
  readonly downloads: Downloads;
  readonly puller: Puller;
  readonly pusher: Pusher;

  constructor(settings: Partial<RegistrySettings> = {}, idleTimeout = 2000) {
    const full = {
      mirrors: [],
      hostMirrors: {},
      insecure: new InsecureRegistries(),
      tls: async () => undefined,
    };
    const transport = new Transport({ userAgent: "docker/test", proxies: () => ({}), idleTimeout });
    this.client = new RegistryClient(transport, () => ({ ...full, ...settings }));
    this.downloads = new Downloads({ directory: this.directory, concurrency: () => 3, backoff: [0, 0] });
    const records = {
      blobsOf: async (diffID: string) => this.recordMap.get(diffID) ?? [],
      record: async (diffID: string, blob: BlobRecord) => {
        this.recordMap.set(diffID, [blob, ...(this.recordMap.get(diffID) ?? [])]);
      },
    };
    this.puller = new Puller({
      client: this.client,
      downloads: this.downloads,
      records,
      layers: {
        register: (tar, parent, expected) => this.register(tar, parent, expected),
        registerStack: (_, steps, signal) => this.registerStack(steps, signal),
        has: (chainID) => this.layerMap.has(chainID),
        release: async (layer) => this.drop(layer.chainID),
      },
      images: { has: (id) => this.imageMap.has(id), create: (raw) => this.createImage(raw) },
    });
    this.pusher = new Pusher({ client: this.client, records, concurrency: () => 5, backoff: [0, 0] });
  }

  pull(host: string, more: Partial<PullRequest> = {}): ReturnType<Puller["pull"]> {
    return this.puller.pull({
      domain: host,
      path: "some/thing",
      reference: { tag: "latest" },
      platform: hostPlatform(),
      credentials: {},
      signal: new AbortController().signal,
      progress: (message) => this.progress.push(message),
      ...more,
    });
  }

  /** Layers that nobody holds a reference on. */
  get unheld(): string[] {
    return [...this.references].filter(([, count]) => count === 0).map(([chainID]) => chainID);
  }

  statuses(): string[] {
    return this.progress.map(({ id, status }) => (id ? `${id}: ${status}` : `${status}`));
  }

  close(): void {
    rmSync(this.directory, { recursive: true });
  }

  private take(chainID: string): Layer {
    this.references.set(chainID, (this.references.get(chainID) ?? 0) + 1);
    return this.layerMap.get(chainID)!;
  }

  private drop(chainID: string): void {
    const left = this.references.get(chainID)! - 1;
    this.references.set(chainID, left);
    if (left === 0) this.layerMap.delete(chainID);
  }

  /** As the layer store: those that are here are taken, and a failure takes away what was made. */
  private async registerStack(steps: readonly LayerStep[], signal?: AbortSignal): Promise<Layer> {
    let top: Layer | undefined;
    try {
      const files = steps.map((step, i) => {
        const id = steps
          .slice(0, i + 1)
          .reduce((parent, { diffID }) => (parent ? digestOf(`${parent} ${diffID}`) : diffID), "");
        return this.layerMap.has(id) ? id : wholeFile(step);
      });
      const failed = Promise.all(files);
      failed.catch(() => {});
      for (const [i, step] of steps.entries()) {
        signal?.throwIfAborted();
        const file = files[i]!;
        const before: Layer | undefined = top;
        if (typeof file === "string") top = this.take(file);
        else {
          await Promise.race([file, failed]);
          const blob = Bun.file(await file.then(({ path }) => path));
          step.onRead?.(blob.size);
          const tar = decompressLayer(blob.stream());
          top = await this.register(tar, before?.chainID, step.diffID);
        }
        if (before) this.drop(before.chainID);
        step.onDone?.(typeof file === "string");
      }
      return top!;
    } catch (error) {
      if (top) this.drop(top.chainID);
      throw error;
    }
  }

  private async register(tar: AsyncIterable<Uint8Array>, parent?: string, expected?: string): Promise<Layer> {
    const parts: Uint8Array[] = [];
    for await (const part of tar) parts.push(part);
    const content = Buffer.concat(parts);
    const diffID = digestOf(content);
    if (expected && diffID !== expected) throw dataLoss(`layer is ${diffID}, not ${expected}`);
    const chainID = parent ? digestOf(`${parent} ${diffID}`) : diffID;
    const below = parent ? this.take(parent) : undefined;
    this.layerMap.set(chainID, {
      chainID,
      diffID,
      parent: below,
      diffSize: content.length,
      size: content.length + (below?.size ?? 0),
      metadata: async () => ({}),
      tarSize: async () => content.length,
      tarStream: async function* () {
        yield content;
      },
    });
    return this.take(chainID);
  }

  private async createImage(raw: Uint8Array): Promise<Image> {
    const config = JSON.parse(new TextDecoder().decode(raw)) as Image["config"];
    const chainID = config.rootfs.diff_ids?.reduce(
      (parent, id) => (parent ? digestOf(`${parent} ${id}`) : id),
      "",
    );
    if (chainID) this.take(chainID);
    this.imageMap.set(digestOf(raw), raw);
    return { id: digestOf(raw), config, raw, parent: undefined, chainID };
  }
}

/** A step's file when all of it is there. */
async function wholeFile(step: LayerStep): Promise<LayerFile> {
  for (;;) {
    const file = await step.open();
    try {
      await file.growth?.next(Number.POSITIVE_INFINITY);
      return file;
    } catch (error) {
      if (!(error instanceof RestartedError)) throw error;
    }
  }
}

/** The error of what must fail. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it succeeded");
}
