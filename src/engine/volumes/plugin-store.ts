import { existsSync, readFileSync } from "node:fs";
import type { Volume } from "../../api/schema.ts";
import { conflict, messageOf, notFound, systemError } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import type { EventBus } from "../events/bus.ts";
import { PluginClient } from "../plugins/client.ts";
import { findPlugin, type PluginAddress } from "../plugins/find.ts";
import { anonymousName, checkVolumeName } from "./names.ts";
import type { VolumeCreate, VolumeStore } from "./types.ts";

const KIND = "VolumeDriver";

/** What is kept of a volume; where its content is, its plugin knows. */
interface Saved {
  name: string;
  driver: string;
  createdAt: string;
  labels: Record<string, string> | null;
  options: Record<string, string> | null;
  scope: string;
}

interface Entry extends Saved {
  /** Containers that refer to the volume. */
  holders: Set<string>;
  /** Where it is while it is mounted. */
  mountpoint: string;
}

/** Where plugins listen, and where on the host the paths are that they name. */
export interface PluginDirectory {
  find(name: string): PluginAddress;
  hostPath(name: string, path: string): string;
  /** The whole name of a managed plugin, with its tag; any other as it is. */
  fullName(name: string): string;
}

const NO_MANAGED: PluginDirectory = {
  find: findPlugin,
  hostPath: (_, path) => path,
  fullName: (name) => name,
};

/** Volumes whose driver is a plugin. `path` is the file that remembers which there are. */
export class PluginVolumes implements VolumeStore {
  readonly #path: string;
  readonly #events: EventBus;
  readonly #entries = new Map<string, Entry>();
  readonly #plugins: PluginDirectory;
  readonly #clients = new Map<string, PluginClient>();

  constructor(path: string, events: EventBus, plugins: PluginDirectory = NO_MANAGED) {
    this.#path = path;
    this.#plugins = plugins;
    this.#events = events;
    if (!existsSync(path)) return;
    for (const saved of JSON.parse(readFileSync(path, "utf8")) as Saved[])
      this.#entries.set(saved.name, { ...saved, holders: new Set(), mountpoint: "" });
  }

  #save(): void {
    const list = [...this.#entries.values()].map(({ holders: _h, mountpoint: _m, ...saved }) => saved);
    writeAtomic(this.#path, JSON.stringify(list), { durability: "crash" });
  }

  /** How many volumes a driver has. */
  countOf(driver: string): number {
    return [...this.#entries.values()].filter((entry) => entry.driver === driver).length;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  async #call<T>(driver: string, method: string, body: object): Promise<T> {
    const client = this.#clients.get(driver) ?? new PluginClient(driver, (name) => this.#plugins.find(name));
    this.#clients.set(driver, client);
    return client.call<T>(KIND, `${KIND}.${method}`, body);
  }

  async create(request: VolumeCreate): Promise<Volume> {
    const driver = this.#plugins.fullName(request.Driver ?? "");
    const name = request.Name || anonymousName();
    checkVolumeName(name);
    const present = this.#entries.get(name);
    if (present && present.driver !== driver)
      throw conflict(`create ${name}: conflict: volume name must be unique`);
    if (present) return this.#view(present);
    const scope = await this.#make(name, request.Driver ?? "", request.DriverOpts ?? {});
    const entry: Entry = {
      name,
      driver,
      createdAt: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
      labels: request.Labels ?? null,
      options: request.DriverOpts ?? null,
      scope,
      holders: new Set(),
      mountpoint: "",
    };
    this.#entries.set(name, entry);
    this.#save();
    this.#events.publish("volume", "create", name, { driver });
    return this.#view(entry);
  }

  async #make(name: string, driver: string, options: Record<string, string>): Promise<string> {
    let capabilities: { Capabilities?: { Scope?: string } };
    try {
      capabilities = await this.#call(driver, "Capabilities", {});
    } catch (cause) {
      throw notFound(`create ${name}: error looking up volume plugin ${driver}: ${messageOf(cause)}`, {
        cause,
      });
    }
    if (await this.#knows(driver, name)) return capabilities.Capabilities?.Scope ?? "local";
    try {
      await this.#call(driver, "Create", { Name: name, Opts: options });
    } catch (cause) {
      throw systemError(`create ${name}: VolumeDriver.Create: ${messageOf(cause)}`, { cause });
    }
    return capabilities.Capabilities?.Scope ?? "local";
  }

  /** Whether the plugin has a volume of this name already, made by another engine or before. */
  async #knows(driver: string, name: string): Promise<boolean> {
    try {
      const { Volume } = await this.#call<{ Volume?: { Name?: string } }>(driver, "Get", { Name: name });
      return Volume?.Name === name;
    } catch {
      return false;
    }
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (!entry) throw notFound(`get ${name}: no such volume`);
    return entry;
  }

  #view({ name, driver, createdAt, labels, options, scope, mountpoint }: Entry): Volume {
    return {
      CreatedAt: createdAt,
      Driver: driver,
      Labels: labels as Record<string, string>,
      Mountpoint: mountpoint,
      Name: name,
      Options: options as Record<string, string>,
      Scope: scope as "local",
    };
  }

  get(name: string): Volume {
    return this.#view(this.#entry(name));
  }

  list(): Volume[] {
    return [...this.#entries.values()].map((entry) => this.#view(entry));
  }

  /** `force` forgets a volume whose plugin is not there or does not know it any more. */
  async remove(name: string, force = false): Promise<void> {
    const { holders, driver } = this.#entry(name);
    if (holders.size > 0) throw conflict(`remove ${name}: volume is in use - [${[...holders].join(", ")}]`);
    try {
      await this.#call(driver, "Remove", { Name: name });
    } catch (cause) {
      if (!force) throw systemError(`remove ${name}: VolumeDriver.Remove: ${messageOf(cause)}`, { cause });
    }
    this.#entries.delete(name);
    this.#save();
    this.#events.publish("volume", "destroy", name, { driver });
  }

  async mount(name: string, holder: string): Promise<string> {
    const entry = this.#entry(name);
    let answer: { Mountpoint?: string };
    try {
      answer = await this.#call(entry.driver, "Mount", { Name: name, ID: holder });
    } catch (cause) {
      throw systemError(`error while mounting volume '${name}': VolumeDriver.Mount: ${messageOf(cause)}`, {
        cause,
      });
    }
    if (!answer.Mountpoint) throw systemError(`volume ${name}: plugin ${entry.driver} gave no mountpoint`);
    entry.mountpoint = this.#plugins.hostPath(entry.driver, answer.Mountpoint);
    return entry.mountpoint;
  }

  async unmount(name: string, holder: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry) await this.#call(entry.driver, "Unmount", { Name: name, ID: holder });
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
