/**
 * A bundle: the folder in which a task's shim runs, STATE/io.containerd.runtime.v2.task/NAMESPACE/ID. It
 * holds config.json, rootfs, work (a link into ROOT, for what must outlast a reboot), the shim's address
 * and the path of the shim, by which a later daemon finds everything again.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, exists } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { MNT, unmount } from "../../linux/mount.ts";
import type { Layout } from "../config.ts";

const SHIM_PATH = "shim-binary-path";
const ADDRESS = "address";
const BOOTSTRAP = "bootstrap.json";

/** How to speak with a shim, as containerd 1.7 and later keep it in a bundle. */
export interface Bootstrap {
  /** Of the task service: 2 or 3. */
  version: number;
  address: string;
  protocol: string;
}

export class Bundle {
  readonly namespace: string;
  readonly id: string;
  readonly path: string;
  readonly #work: string;

  constructor(layout: Layout, namespace: string, id: string) {
    this.namespace = namespace;
    this.id = id;
    this.path = join(layout.bundles, namespace, id);
    this.#work = join(layout.work, namespace, id);
  }

  get rootfs(): string {
    return join(this.path, "rootfs");
  }

  /** Creates the folder and what is in it. Errors: exists. */
  create(spec: Uint8Array, shim: string): void {
    mkdirSync(join(this.path, ".."), { recursive: true, mode: 0o711 });
    try {
      mkdirSync(this.path, { mode: 0o711 });
    } catch (cause) {
      throw exists(`bundle ${this.path}: already exists`, { cause });
    }
    mkdirSync(this.rootfs, { mode: 0o711 });
    rmSync(this.#work, { recursive: true, force: true });
    mkdirSync(this.#work, { recursive: true, mode: 0o711 });
    symlinkSync(this.#work, join(this.path, "work"));
    writeFileSync(join(this.path, SHIM_PATH), shim);
    writeFileSync(join(this.path, "config.json"), spec, { mode: 0o600 });
  }

  /** The shim's address as the shim, saveAddress() or another containerd left it; undefined when there is none yet. */
  address(): string | undefined {
    return this.bootstrap()?.address ?? this.#read(ADDRESS);
  }

  /** What was noted of a shim that is not of the second version; undefined for one that is. */
  bootstrap(): Bootstrap | undefined {
    const text = this.#read(BOOTSTRAP);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as Bootstrap;
    } catch {
      return undefined;
    }
  }

  saveBootstrap(bootstrap: Bootstrap): void {
    writeAtomic(join(this.path, BOOTSTRAP), JSON.stringify(bootstrap), { durability: "crash" });
  }

  saveAddress(address: string): void {
    if (this.address() === undefined) writeAtomic(join(this.path, ADDRESS), address, { durability: "crash" });
  }

  /** The shim that serves this bundle; undefined when a crash came before it was noted. */
  shimPath(): string | undefined {
    return this.#read(SHIM_PATH);
  }

  #read(name: string): string | undefined {
    try {
      return readFileSync(join(this.path, name), "utf8").trim() || undefined;
    } catch {
      return undefined;
    }
  }

  /** Unmounts the root file system and removes everything; safe to repeat. */
  remove(): void {
    unmountAll(this.rootfs);
    removeFolder(this.path, join(this.path, "..", `.${this.id}`));
    removeFolder(this.#work, join(this.#work, "..", `.${this.id}`));
  }
}

/** Until nothing is mounted there: what is below would be removed with the bundle otherwise. */
function unmountAll(path: string): void {
  for (;;) {
    try {
      unmount(path, MNT.DETACH | MNT.NOFOLLOW);
    } catch (error) {
      const code = errnoOf(error);
      if (code === "EINVAL" || code === "ENOENT") return;
      throw error;
    }
  }
}

/** Renames first, so that a crash midway leaves no folder that looks like a bundle. */
function removeFolder(path: string, aside: string): void {
  rmSync(aside, { recursive: true, force: true });
  try {
    renameSync(path, aside);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    return;
  }
  rmSync(aside, { recursive: true, force: true });
}
