/** Managed plugins: installed, set, enabled and removed by the API; see docs/plugins.md. */
import { conflict, forbidden, invalidArgument, messageOf, notFound } from "../../../errors/errors.ts";
import type { RegistryClient } from "../../../images/registry/client.ts";
import type { Logger } from "../../../log/log.ts";
import type { EventBus } from "../../events/bus.ts";
import { findPlugin, type PluginAddress } from "../find.ts";
import { capabilitiesOf, type PluginConfig, type Privilege, privilegesOf } from "./config.ts";
import { makePlugin } from "./make.ts";
import { PluginRunner, type RunnerOptions } from "./runner.ts";
import { applySettings } from "./settings.ts";
import type { PluginRecord, PluginView } from "./store.ts";
import { pullPlugin, pushPlugin, remoteConfig, type TransferOptions, upgradePlugin } from "./transfer.ts";

export interface PluginsOptions extends RunnerOptions {
  events: EventBus;
  registry: RegistryClient;
  log: Logger;
}

/** Seconds that a plugin gets to serve when dockerd starts it by itself. */
const START_SECONDS = 30;

export class Plugins {
  readonly #options: PluginsOptions;
  readonly #runner: PluginRunner;
  /** Plugin id → how many volumes are of it. */
  #usersOf: (name: string) => number = () => 0;

  constructor(options: PluginsOptions) {
    this.#options = options;
    this.#runner = new PluginRunner(options);
  }

  /** Tells how many volumes a driver of this name has. */
  countUsersBy(usersOf: (name: string) => number): void {
    this.#usersOf = usersOf;
  }

  #publish(action: string, { plugin }: PluginRecord): void {
    this.#options.events.publish("plugin", action, plugin.Id, { name: plugin.Name });
  }

  /** Starts what is enabled and does not run; once, when dockerd starts. */
  async restore(): Promise<void> {
    const { store, log } = this.#options;
    for (const record of store.list().filter(({ plugin }) => plugin.Enabled)) {
      try {
        if (!(await this.#runner.isRunning(record))) await this.#runner.start(record, START_SECONDS);
      } catch (error) {
        log.error("plugin cannot be started", { plugin: record.plugin.Name, error: messageOf(error) });
      }
    }
  }

  /** Ends the processes; they are started again with dockerd. */
  async close(): Promise<void> {
    const { store } = this.#options;
    const enabled = store.list().filter(({ plugin }) => plugin.Enabled);
    await Promise.allSettled(enabled.map((record) => this.#runner.stop(record)));
  }

  list(filters: Map<string, string[]>): PluginView[] {
    const enabled = filters.get("enabled")?.map((text) => flagOf(text));
    const wanted = filters.get("capability");
    return this.#options.store
      .list()
      .map(({ plugin }) => plugin)
      .filter(({ Enabled }) => !enabled || enabled.includes(Enabled))
      .filter(
        ({ Config }) => !wanted || wanted.every((one) => capabilitiesOf(Config).includes(one.toLowerCase())),
      );
  }

  get(name: string): PluginView {
    return this.#options.store.find(name).plugin;
  }

  async create(name: string, tar: AsyncIterable<Uint8Array>): Promise<void> {
    this.#publish("create", await makePlugin(this.#options.store, name, tar));
  }

  async privileges(remote: string, options: TransferOptions): Promise<Privilege[]> {
    return privilegesOf(await remoteConfig(this.#options.registry, remote, options));
  }

  async pull(remote: string, name: string, granted: Privilege[], options: TransferOptions): Promise<void> {
    const grant = (config: PluginConfig) => checkGranted(privilegesOf(config), granted);
    const { store, registry } = this.#options;
    this.#publish("pull", await pullPlugin(store, registry, remote, name, { ...options, grant }));
  }

  /** Errors: conflict, when it is enabled; those of pull(). */
  async upgrade(name: string, remote: string, granted: Privilege[], options: TransferOptions): Promise<void> {
    const grant = (config: PluginConfig) => checkGranted(privilegesOf(config), granted);
    const { store, registry } = this.#options;
    const record = store.find(name);
    if (record.plugin.Enabled)
      throw conflict(`plugin must be disabled before upgrading: plugin ${record.plugin.Name} is enabled`);
    await upgradePlugin(store, registry, record, remote, { ...options, grant });
  }

  async push(name: string, options: TransferOptions): Promise<void> {
    const record = this.#options.store.find(name);
    await pushPlugin(this.#options.store, this.#options.registry, record, options);
    this.#publish("push", record);
  }

  set(name: string, wanted: string[]): void {
    const record = this.#options.store.find(name);
    const { plugin } = record;
    if (plugin.Enabled) throw conflict(`cannot set on an active plugin, disable plugin before setting`);
    plugin.Settings = applySettings(plugin.Config, plugin.Settings, wanted);
    this.#options.store.save(record);
  }

  async enable(name: string, seconds: number): Promise<void> {
    const record = this.#options.store.find(name);
    const { plugin } = record;
    if (plugin.Enabled) throw conflict(`plugin already enabled: plugin ${plugin.Name} is enabled`);
    await this.#runner.start(record, seconds || START_SECONDS);
    plugin.Enabled = true;
    this.#options.store.save(record);
    this.#publish("enable", record);
  }

  async disable(name: string, force: boolean): Promise<void> {
    const record = this.#options.store.find(name);
    const { plugin } = record;
    if (!force && this.#users(record) > 0) throw conflict(`plugin ${plugin.Name} is in use`);
    if (!plugin.Enabled)
      throw conflict(`plugin is already disabled: plugin ${plugin.Name} found but disabled`);
    plugin.Enabled = false;
    this.#options.store.save(record);
    await this.#runner.stop(record);
    this.#publish("disable", record);
  }

  async remove(name: string, force: boolean): Promise<PluginView> {
    const record = this.#options.store.find(name);
    const { plugin } = record;
    if (!force && this.#users(record) > 0) throw conflict(`plugin ${plugin.Name} is in use`);
    if (!force && plugin.Enabled) throw conflict(`plugin ${plugin.Name} is enabled`);
    if (plugin.Enabled) await this.#runner.stop(record);
    this.#options.store.remove(record);
    this.#publish("remove", record);
    return plugin;
  }

  #users({ plugin }: PluginRecord): number {
    return this.#usersOf(plugin.Name);
  }

  /** Where a plugin listens: a managed one, if it is enabled, before one that somebody else runs. Errors: notFound. */
  find(name: string): PluginAddress {
    const record = this.#options.store.tryFind(name);
    if (!record) return findPlugin(name);
    if (!record.plugin.Enabled) throw notFound(`plugin ${name} found but disabled`);
    return { unix: this.#runner.socket(record) };
  }

  fullName(name: string): string {
    return this.#options.store.tryFind(name)?.plugin.Name ?? name;
  }

  /** The host's path of one that a plugin has named. */
  hostPath(name: string, path: string): string {
    const record = this.#options.store.tryFind(name);
    return record ? this.#runner.pathOf(record, path) : path;
  }
}

function flagOf(text: string): boolean {
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw invalidArgument(`invalid filter 'enabled=${text}'`);
}

/** Errors: forbidden, when what the user has granted is not what the plugin asks for. */
function checkGranted(required: Privilege[], granted: Privilege[]): void {
  const text = (privileges: Privilege[]) =>
    JSON.stringify(privileges.map(({ Name, Value }) => [Name, Value.toSorted()]).toSorted());
  if (text(required) !== text(granted))
    throw forbidden("incorrect privileges set: grant what the plugin asks for");
}
