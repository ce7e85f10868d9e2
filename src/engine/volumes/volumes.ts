import type { Volume } from "../../api/schema.ts";
import { conflict } from "../../errors/errors.ts";
import type { PluginVolumes } from "./plugin-store.ts";
import type { LocalVolumes } from "./store.ts";
import type { VolumeCreate, VolumeStore } from "./types.ts";

/** All volumes, whoever their driver is. A name belongs to one driver. */
export class Volumes implements VolumeStore {
  readonly #local: LocalVolumes;
  readonly #plugins: PluginVolumes;

  constructor(local: LocalVolumes, plugins: PluginVolumes) {
    this.#local = local;
    this.#plugins = plugins;
  }

  #of(name: string): VolumeStore {
    return this.#plugins.has(name) ? this.#plugins : this.#local;
  }

  create(request: VolumeCreate): Promise<Volume> {
    const { Name = "", Driver = "" } = request;
    const local = Driver === "" || Driver === "local";
    // Who names no driver means the volume that is there.
    if (Driver === "" && this.#plugins.has(Name)) return Promise.resolve(this.#plugins.get(Name));
    if (local ? this.#plugins.has(Name) : this.#local.has(Name))
      throw conflict(`create ${Name}: conflict: volume name must be unique`);
    return local ? this.#local.create(request) : this.#plugins.create(request);
  }

  get(name: string): Volume {
    return this.#of(name).get(name);
  }

  list(): Volume[] {
    return [...this.#local.list(), ...this.#plugins.list()];
  }

  remove(name: string, force?: boolean): Promise<void> {
    return this.#of(name).remove(name, force);
  }

  mount(name: string, holder: string): Promise<string> {
    return this.#of(name).mount(name, holder);
  }

  unmount(name: string, holder: string): Promise<void> {
    return this.#of(name).unmount(name, holder);
  }

  reference(name: string, holder: string): void {
    this.#of(name).reference(name, holder);
  }

  release(holder: string, name?: string): void {
    this.#local.release(holder, name);
    this.#plugins.release(holder, name);
  }

  holders(name: string): string[] {
    return this.#of(name).holders(name);
  }
}
