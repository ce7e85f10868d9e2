/**
 * firewalld, where it runs: the engine's bridges are put into its zone "docker", which accepts everything and leaves
 * the choice to the engine's own rules, and after a reload both are brought back.
 */
import { existsSync } from "node:fs";
import { messageOf } from "../../errors/errors.ts";
import type { Logger } from "../../log/log.ts";
import { type Bus, busPath, connectBus } from "./bus.ts";

const NAME = "org.fedoraproject.FirewallD1";
const MAIN = { destination: NAME, path: "/org/fedoraproject/FirewallD1", interface: NAME };
const ZONES = { ...MAIN, interface: `${NAME}.zone` };
const CONFIG = { destination: NAME, path: `${MAIN.path}/config`, interface: `${NAME}.config` };
const ZONE = "docker";
const ZONE_SETTINGS = {
  version: "1.0",
  short: ZONE,
  description: "zone for docker bridge network interfaces",
  target: "ACCEPT",
};

export class Firewalld {
  readonly #log: Logger;
  /** Told after a reload or a start of firewalld, which may have flushed rules. */
  readonly #reloaded: () => void;
  readonly #bridges = new Set<string>();
  #bus: Bus | undefined;
  #running = false;

  constructor(log: Logger, reloaded: () => void) {
    this.#log = log;
    this.#reloaded = reloaded;
  }

  /** Finds firewalld and listens to it; without D-Bus nothing is done. */
  async open(): Promise<void> {
    const path = busPath();
    if (!existsSync(path)) return;
    try {
      const bus = await connectBus(path);
      this.#bus = bus;
      bus.onSignal = ({ member, texts }) => this.#signal(member, texts);
      await bus.ask("AddMatch", `type='signal',interface='${NAME}',member='Reloaded'`);
      await bus.ask("AddMatch", `type='signal',member='NameOwnerChanged',arg0='${NAME}'`);
      const [running] = await bus.ask("NameHasOwner", NAME);
      if (running === "true") await this.#begin();
    } catch (error) {
      this.#log.debug("firewalld is not asked: no D-Bus", { error: messageOf(error) });
      this.#bus?.close();
      this.#bus = undefined;
    }
  }

  get running(): boolean {
    return this.#running;
  }

  async addBridge(name: string): Promise<void> {
    this.#bridges.add(name);
    if (this.#running) await this.#accept(name);
  }

  async removeBridge(name: string): Promise<void> {
    this.#bridges.delete(name);
    if (!this.#running) return;
    await this.#bus?.call(ZONES, "removeInterface", ZONE, name).catch((error) => this.#complain(name, error));
  }

  close(): void {
    this.#bus?.close();
    this.#bus = undefined;
  }

  #signal(member: string, texts: readonly string[]): void {
    if (member === "NameOwnerChanged" && texts[2] === "") {
      this.#running = false;
      return;
    }
    // A reload, or firewalld has been started.
    this.#begin()
      .catch((error) =>
        this.#log.warn("firewalld does not take the engine's bridges", { error: messageOf(error) }),
      )
      .finally(() => this.#reloaded());
  }

  async #begin(): Promise<void> {
    await this.#ensureZone();
    this.#running = true;
    for (const bridge of this.#bridges) await this.#accept(bridge);
  }

  async #ensureZone(): Promise<void> {
    const zones = (await this.#bus?.call(ZONES, "getZones")) ?? [];
    if (zones.includes(ZONE)) return;
    await this.#bus?.call(CONFIG, "addZone2", ZONE, ZONE_SETTINGS).catch((error) => {
      if (!messageOf(error).includes("NAME_CONFLICT")) throw error;
    });
    // A new zone counts from the next reload on.
    await this.#bus?.call(MAIN, "reload");
  }

  async #accept(bridge: string): Promise<void> {
    try {
      await this.#bus?.call(ZONES, "changeZoneOfInterface", ZONE, bridge);
    } catch (error) {
      if (!/ZONE_ALREADY_SET|ALREADY_ENABLED/.test(messageOf(error))) this.#complain(bridge, error);
    }
  }

  #complain(bridge: string, error: unknown): void {
    this.#log.warn("firewalld has not changed the zone of a bridge", { bridge, error: messageOf(error) });
  }
}
