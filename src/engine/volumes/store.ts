import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Volume } from "../../api/schema.ts";
import { conflict, invalidArgument, messageOf, notFound } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { hostRoot, type IDMap } from "../../linux/id-map.ts";
import type { Logger } from "../../log/log.ts";
import { ProjectQuotas } from "../../storage/quota.ts";
import type { EventBus } from "../events/bus.ts";
import { VolumeMetadata } from "./metadata.ts";
import { mountVolume, unmountVolume } from "./mount.ts";
import { anonymousName, checkVolumeName } from "./names.ts";
import { type VolumeOptions, volumeOptionsOf } from "./options.ts";
import type { VolumeCreate, VolumeStore } from "./types.ts";

interface Entry extends VolumeOptions {
  name: string;
  createdAt: string;
  labels: Record<string, string> | null;
  options: Record<string, string> | null;
  /** Containers that refer to the volume. */
  holders: Set<string>;
  /** Containers that have it mounted now. */
  mounted: Set<string>;
}

/** The label that marks a volume nobody named, which a plain `docker volume prune` removes. */
export const ANONYMOUS_LABEL = "com.docker.volume.anonymous";
const ROOT_FILES = ["metadata.db", "backingFsBlockDev", "plugins.json"];

/** Volumes of the local driver under `root`, kept as stock does: <name>/{_data,opts.json} and one metadata.db. */
export class LocalVolumes implements VolumeStore {
  readonly #root: string;
  readonly #events: EventBus;
  readonly #entries = new Map<string, Entry>();
  readonly #metadata: VolumeMetadata;
  readonly #ids: IDMap | undefined;
  /** Looked for when a volume needs it. */
  #quota: { of: ProjectQuotas | undefined } | undefined;

  /** With `ids`, new volumes belong to the root of containers. */
  constructor(root: string, events: EventBus, log: Logger, ids?: IDMap) {
    this.#root = root;
    this.#ids = ids;
    this.#events = events;
    mkdirSync(root, { recursive: true, mode: 0o701 });
    this.#metadata = new VolumeMetadata(root, log);
    this.#removeHalves();
    for (const name of readdirSync(root)) {
      if (ROOT_FILES.includes(name)) continue;
      try {
        this.#load(name);
      } catch (error) {
        log.warn("volume cannot be read and is left alone", { volume: name, error: messageOf(error) });
      }
    }
  }

  /** What a daemon left that was killed while it made or removed a volume: a folder without _data, or labels alone. */
  #removeHalves(): void {
    for (const name of readdirSync(this.#root)) {
      const folder = join(this.#root, name);
      if (ROOT_FILES.includes(name) || !statSync(folder).isDirectory()) continue;
      const isOurs = readdirSync(folder).every((file) => file.startsWith("opts.json"));
      if (isOurs) rmSync(folder, { recursive: true });
    }
    for (const { Name, Driver } of this.#metadata.all())
      if (Driver === "local" && !existsSync(join(this.#root, Name))) this.#metadata.delete(Name);
  }

  #load(name: string): void {
    const folder = join(this.#root, name);
    if (!existsSync(join(folder, "_data"))) return;
    const saved = this.#metadata.get(name);
    const options = saved?.Options ?? readOptions(folder);
    this.#entries.set(name, {
      name,
      createdAt: wholeSeconds(statSync(folder).mtime),
      labels: saved?.Labels ?? null,
      options,
      ...volumeOptionsOf(name, options ?? {}),
      holders: new Set(),
      mounted: new Set(),
    });
  }

  async create(request: VolumeCreate): Promise<Volume> {
    const driver = request.Driver || "local";
    const name = request.Name || anonymousName();
    if (driver !== "local") {
      throw notFound(
        `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`,
      );
    }
    checkVolumeName(name);
    const options = request.DriverOpts ?? {};
    const present = this.#entries.get(name);
    // As with stock, other options than it has are passed over.
    if (present) return this.#view(present);
    const labels = request.Name ? (request.Labels ?? null) : { ...request.Labels, [ANONYMOUS_LABEL]: "" };
    const entry: Entry = {
      name,
      createdAt: wholeSeconds(new Date()),
      labels,
      options: request.DriverOpts ?? null,
      ...volumeOptionsOf(name, options),
      holders: new Set(),
      mounted: new Set(),
    };
    if (entry.quota > 0 && !this.#quotas())
      throw invalidArgument(
        `create ${name}: quota size requested but no quota support (${this.#root} must be on xfs mounted with pquota, or ext4 with prjquota)`,
      );
    this.#write(entry);
    this.#entries.set(name, entry);
    this.#events.publish("volume", "create", name, { driver });
    return this.#view(entry);
  }

  /** Where the file system has project quotas. */
  #quotas(): ProjectQuotas | undefined {
    this.#quota ??= { of: ProjectQuotas.tryOpen(this.#root) };
    return this.#quota.of;
  }

  #write(entry: Entry): void {
    const folder = join(this.#root, entry.name);
    try {
      mkdirSync(folder, { mode: 0o701 });
      const { name: Name, labels: Labels, options: Options } = entry;
      this.#metadata.set({ Name, Driver: "local", Labels, Options });
      if (entry.mount || entry.quota > 0) {
        const { type = "", device = "", options: o = "" } = entry.mount ?? {};
        const stock = { MountType: type, MountOpts: o, MountDevice: device, Quota: { Size: entry.quota } };
        writeAtomic(join(folder, "opts.json"), JSON.stringify(stock), { durability: "crash" });
      }
      // Last, because a volume without _data does not count as one.
      mkdirSync(join(folder, "_data"));
      const { uid, gid } = hostRoot(this.#ids);
      chownSync(join(folder, "_data"), uid, gid);
      if (entry.quota > 0) this.#quotas()?.limit(join(folder, "_data"), entry.quota);
    } catch (error) {
      this.#metadata.delete(entry.name);
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw notFound(`get ${name}: no such volume`);
    return entry;
  }

  #path(name: string): string {
    return join(this.#root, name, "_data");
  }

  #view(entry: Entry): Volume {
    return {
      CreatedAt: entry.createdAt,
      Driver: "local",
      Labels: entry.labels as Record<string, string>,
      Mountpoint: this.#path(entry.name),
      Name: entry.name,
      Options: entry.options as Record<string, string>,
      Scope: "local",
    };
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  get(name: string): Volume {
    return this.#view(this.#entry(name));
  }

  list(): Volume[] {
    return [...this.#entries.values()].map((entry) => this.#view(entry));
  }

  async remove(name: string, force = false): Promise<void> {
    const entry = this.#entries.get(name);
    if (!entry && force) return;
    const { holders, mount, quota } = entry ?? this.#entry(name);
    if (holders.size > 0) {
      throw conflict(`remove ${name}: volume is in use - [${[...holders].join(", ")}]`);
    }
    if (mount) unmountVolume(this.#path(name));
    else if (quota > 0) this.#quotas()?.lift(this.#path(name));
    // _data goes first: after a crash in the middle the rest is no volume any more.
    rmSync(this.#path(name), { recursive: true, force: true });
    rmSync(join(this.#root, name), { recursive: true, force: true });
    this.#metadata.delete(name);
    this.#entries.delete(name);
    this.#events.publish("volume", "destroy", name, { driver: "local" });
  }

  async mount(name: string, holder: string): Promise<string> {
    const entry = this.#entry(name);
    const path = this.#path(name);
    if (entry.mount && entry.mounted.size === 0) mountVolume(entry.mount, path);
    else if (entry.quota > 0) this.#quotas()?.limit(path, entry.quota);
    entry.mounted.add(holder);
    return path;
  }

  async unmount(name: string, holder: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (!entry?.mounted.delete(holder)) return;
    if (entry.mount && entry.mounted.size === 0) unmountVolume(this.#path(name));
  }

  reference(name: string, holder: string): void {
    this.#entry(name).holders.add(holder);
  }

  release(holder: string, name?: string): void {
    if (name !== undefined) this.#entries.get(name)?.holders.delete(holder);
    else for (const entry of this.#entries.values()) entry.holders.delete(holder);
  }

  holders(name: string): string[] {
    return [...(this.#entries.get(name)?.holders ?? [])];
  }
}

const wholeSeconds = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, "Z");

function readJSON(path: string): Record<string, unknown> | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>) : undefined;
}

/** opts.json as stock Docker writes it. */
function readOptions(folder: string): Record<string, string> | null {
  const stock = readJSON(join(folder, "opts.json"));
  const { Size } = (stock?.["Quota"] ?? {}) as { Size?: number };
  const size: Record<string, string> = Size ? { size: String(Size) } : {};
  if (!stock?.["MountDevice"]) return Size ? size : null;
  const o = String(stock["MountOpts"] ?? "");
  return {
    ...size,
    type: String(stock["MountType"]),
    device: String(stock["MountDevice"]),
    ...(o === "" ? {} : { o }),
  };
}
