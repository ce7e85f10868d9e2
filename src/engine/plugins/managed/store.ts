/** Managed plugins on disk: <data-root>/plugins/<id>/{config.json,rootfs}, and blobs to push in storage/blobs/sha256. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { conflict, messageOf, notFound } from "../../../errors/errors.ts";
import { writeAtomic } from "../../../files/atomic.ts";
import type { Logger } from "../../../log/log.ts";
import { familiarReference, parseReference, withDefaultTag } from "../../../reference/reference.ts";
import type { PluginConfig, PluginSettings } from "./config.ts";

/** As the API shows it. */
export interface PluginView {
  Config: PluginConfig;
  Enabled: boolean;
  Id: string;
  Name: string;
  PluginReference?: string;
  Settings: PluginSettings;
}

/** A plugin, as config.json keeps it. */
export interface PluginRecord {
  plugin: PluginView;
  /** Digests of the configuration and of the root file system's layers, packed, lowest first. */
  Config: string;
  Blobsums: string[];
}

/** "name" → "name:latest". Errors: invalidArgument. */
export const pluginName = (text: string): string => familiarReference(withDefaultTag(parseReference(text)));

/** How the folder of a rootfs begins that is being replaced. */
const REPLACED = "rootfs-of-";

/** The managed plugins on disk: a folder each, and their records in memory. */
export class PluginStore {
  readonly #root: string;
  readonly #records = new Map<string, PluginRecord>();

  constructor(dataRoot: string, log: Logger) {
    this.#root = join(dataRoot, "plugins");
    if (!existsSync(this.#root)) return;
    rmSync(join(this.#root, "tmp"), { recursive: true, force: true });
    for (const id of readdirSync(this.#root)) {
      const path = join(this.folder(id), "config.json");
      if (!existsSync(path)) continue;
      try {
        const record = JSON.parse(readFileSync(path, "utf8")) as PluginRecord;
        this.#restoreInterrupted(record);
        this.#records.set(id, record);
      } catch (error) {
        log.error("plugin cannot be read and is left alone", { plugin: id, error: messageOf(error) });
      }
    }
  }

  folder(id: string): string {
    return join(this.#root, id);
  }

  rootfs(id: string): string {
    return join(this.folder(id), "rootfs");
  }

  /** The file of a blob, whether it is there or not. */
  blob(digest: string): string {
    return join(this.#root, "storage", "blobs", "sha256", digest.replace(/^sha256:/, ""));
  }

  list(): PluginRecord[] {
    return [...this.#records.values()];
  }

  /** By name, id, or the beginning of an id that no other has. Errors: notFound, with stock's text. */
  find(text: string): PluginRecord {
    const found = this.tryFind(text);
    if (!found) throw notFound(`plugin ${JSON.stringify(text)} not found`);
    return found;
  }

  tryFind(text: string): PluginRecord | undefined {
    const exact = this.#records.get(text);
    if (exact) return exact;
    const name = nameOrNothing(text);
    const named = this.list().find(({ plugin }) => plugin.Name === name);
    if (named) return named;
    const begins = /^[0-9a-f]+$/.test(text)
      ? this.list().filter(({ plugin }) => plugin.Id.startsWith(text))
      : [];
    return begins.length === 1 ? begins[0] : undefined;
  }

  /** Errors: conflict, when a plugin has the name already. */
  refuseTaken(name: string): void {
    if (this.list().some(({ plugin }) => plugin.Name === name))
      throw conflict(`plugin ${name} already exists`);
  }

  /** A folder to put a plugin together in; it is emptied at the next start at the latest. */
  temporary(): string {
    mkdirSync(join(this.#root, "tmp"), { recursive: true, mode: 0o700 });
    return mkdtempSync(join(this.#root, "tmp", "plugin-"));
  }

  /** Takes over a folder with a rootfs. */
  add(record: PluginRecord, folder: string): void {
    this.refuseTaken(record.plugin.Name);
    const { Id } = record.plugin;
    writeAtomic(join(folder, "config.json"), JSON.stringify(record), { mode: 0o600 });
    renameSync(folder, this.folder(Id));
    this.#records.set(Id, record);
  }

  save(record: PluginRecord): void {
    const path = join(this.folder(record.plugin.Id), "config.json");
    writeAtomic(path, JSON.stringify(record), { mode: 0o600, durability: "crash" });
  }

  /**
   * Gives a plugin another record, and the rootfs of a folder. The old one lies beside it, under the name of its
   * configuration, until the record says the same: what a crash interrupts is undone by restoreInterrupted().
   */
  replace(record: PluginRecord, folder: string): void {
    const { Id } = record.plugin;
    const before = this.#records.get(Id)!;
    const aside = join(this.folder(Id), `${REPLACED}${before.Config.replace(":", "-")}`);
    rmSync(aside, { recursive: true, force: true });
    renameSync(this.rootfs(Id), aside);
    try {
      renameSync(join(folder, "rootfs"), this.rootfs(Id));
      this.save(record);
    } catch (error) {
      rmSync(this.rootfs(Id), { recursive: true, force: true });
      renameSync(aside, this.rootfs(Id));
      throw error;
    }
    this.#records.set(Id, record);
    rmSync(aside, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
    this.#forgetBlobs(before);
  }

  #restoreInterrupted({ plugin: { Id }, Config }: PluginRecord): void {
    for (const name of readdirSync(this.folder(Id))) {
      if (!name.startsWith(REPLACED)) continue;
      const aside = join(this.folder(Id), name);
      // A record that still names the old configuration was not replaced.
      if (name === `${REPLACED}${Config.replace(":", "-")}`) {
        rmSync(this.rootfs(Id), { recursive: true, force: true });
        renameSync(aside, this.rootfs(Id));
      } else rmSync(aside, { recursive: true, force: true });
    }
  }

  /** Removes the plugin, and the blobs that no other has. */
  remove(record: PluginRecord): void {
    const { Id } = record.plugin;
    this.#records.delete(Id);
    // Without it the rest is no plugin any more.
    rmSync(join(this.folder(Id), "config.json"), { force: true });
    rmSync(this.folder(Id), { recursive: true, force: true });
    this.#forgetBlobs(record);
  }

  /** Removes the blobs of a record that no plugin has any more. */
  #forgetBlobs(record: PluginRecord): void {
    const kept = new Set(this.list().flatMap(({ Config, Blobsums }) => [Config, ...Blobsums]));
    for (const digest of [record.Config, ...record.Blobsums])
      if (!kept.has(digest)) rmSync(this.blob(digest), { force: true });
  }
}

function nameOrNothing(text: string): string | undefined {
  try {
    return pluginName(text);
  } catch {
    return undefined;
  }
}
