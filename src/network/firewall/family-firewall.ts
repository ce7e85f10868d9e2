import { messageOf } from "../../errors/errors.ts";
import type { Logger } from "../../log/log.ts";
import type { Family } from "../address/ip.ts";
import { isOwnChange, restore, save } from "./iptables.ts";
import { keyOf, type Rule } from "./rule.ts";
import { baseRules } from "./rules.ts";
import { changeScript, reconcileScript, unique } from "./script.ts";
import { watchFirewall } from "./watch.ts";

/**
 * The engine's firewall rules of one family: which there should be, by owner (a network or an endpoint), and the kernel
 * kept so. Changes are carried out one after the other. With iptables off, nothing is ever run.
 */
export class FamilyFirewall {
  readonly #family: Family;
  readonly #enabled: boolean;
  readonly #base: Rule[];
  /** Oldest first; the newest network's rules stand first in the kernel. */
  readonly #networks = new Map<string, Rule[]>();
  readonly #ports = new Map<string, Rule[]>();
  #turn: Promise<unknown> = Promise.resolve();
  /** True once the kernel is known to have what is desired. */
  #started = false;
  #dropForwarded = false;
  /** Additions that wait for their turn. */
  #open: { add: Rule[]; remove: Rule[]; done: Promise<void> } | undefined;
  /** Changes that are not carried out yet. */
  readonly #waiting = new Set<{ add: Rule[]; readonly remove: Rule[] }>();
  #unwatch: (() => void) | undefined;

  constructor(family: Family, enabled: boolean, userlandProxy: boolean) {
    this.#family = family;
    this.#enabled = enabled;
    this.#base = baseRules(userlandProxy, family);
  }

  /** Sets FORWARD's policy to DROP from now on: forwarding has just been switched on for the engine's sake. */
  dropForwarded(): void {
    this.#dropForwarded = true;
  }

  addNetwork(id: string, rules: Rule[]): Promise<void> {
    if (rules.length === 0) return Promise.resolve();
    this.#networks.set(id, rules);
    // The jumps go back above the new network's rules.
    const jumps = this.#base.filter((rule) => rule.place === "top");
    return this.#change([...jumps, ...rules], jumps, []);
  }

  removeNetwork(id: string): Promise<void> {
    const rules = this.#networks.get(id);
    if (!rules) return Promise.resolve();
    this.#networks.delete(id);
    return this.#change([], rules, rules);
  }

  addPorts(endpointID: string, rules: Rule[]): Promise<void> {
    if (rules.length === 0) return Promise.resolve();
    this.#ports.set(endpointID, rules);
    return this.#change(rules, [], []);
  }

  removePorts(endpointID: string): Promise<void> {
    const rules = this.#ports.get(endpointID);
    if (!rules) return Promise.resolve();
    this.#ports.delete(endpointID);
    return this.#change([], rules, rules);
  }

  /** Notes rules without touching the kernel; start() follows. */
  noteNetwork(id: string, rules: Rule[]): void {
    if (rules.length > 0) this.#networks.set(id, rules);
  }

  notePorts(endpointID: string, rules: Rule[]): void {
    if (rules.length > 0) this.#ports.set(endpointID, rules);
  }

  /** Brings the kernel in line at the engine's start: our chains anew, `obsolete` rules gone. */
  start(obsolete: readonly Rule[]): Promise<void> {
    return this.#inTurn(async () => {
      await this.#reconcile(obsolete, true);
      this.#started = true;
    });
  }

  /** Puts back what somebody else has flushed. True if something was missing. */
  repair(): Promise<boolean> {
    return this.#inTurn(() => (this.#started ? this.#reconcile([], false) : Promise.resolve(false)));
  }

  /** From now on rules that somebody flushes come back by themselves. */
  watch(log: Logger): void {
    if (!this.#enabled) return;
    let waiting = false;
    const changed = () => {
      if (waiting) return;
      waiting = true;
      this.repair()
        .then((repaired) => repaired && log.info("firewall rules were missing and have been put back"))
        .catch((error) => log.warn("firewall rules cannot be put back", { error: messageOf(error) }))
        .finally(() => {
          waiting = false;
        });
    };
    try {
      this.#unwatch = watchFirewall(isOwnChange, changed);
    } catch (error) {
      log.warn("flushed firewall rules will not come back by themselves", { error: messageOf(error) });
    }
  }

  /** Ends the watching, and waits for what is being done. */
  async close(): Promise<void> {
    this.#unwatch?.();
    await this.#turn;
  }

  #desired(): Rule[] {
    const networks = [...this.#networks.values()].reverse().flat();
    return unique([...this.#base, ...networks, ...[...this.#ports.values()].flat()]);
  }

  /** Changes that come while another one is carried out go together, as one transaction. */
  #change(add: Rule[], remove: Rule[], obsolete: Rule[]): Promise<void> {
    if (!this.#enabled) return Promise.resolve();
    const open = this.#open;
    if (open) {
      // A rule that goes and comes back: order counts, which one script of removals and additions does not keep.
      if (remove.length === 0 && open.remove.length === 0) {
        open.add.push(...add);
        return open.done;
      }
    }
    const batch = { add: [...add], remove, done: Promise.resolve() };
    this.#open = batch;
    this.#waiting.add(batch);
    batch.done = this.#inTurn(async () => {
      if (this.#open === batch) this.#open = undefined;
      this.#waiting.delete(batch);
      await this.#carryOut(batch.add, batch.remove, obsolete);
    });
    return batch.done;
  }

  async #carryOut(add: Rule[], remove: Rule[], obsolete: Rule[]): Promise<void> {
    if (!this.#started) return;
    const script = changeScript(add, this.#stillWanted(remove, add));
    if (script === "") return;
    try {
      await restore(script, this.#family);
    } catch {
      // Somebody has removed some of it; look what is there.
      await this.#reconcile(obsolete, false);
    }
  }

  /** Rules to remove, but those that another owner has as well. */
  #stillWanted(remove: Rule[], add: Rule[]): Rule[] {
    const raised = new Set(add);
    const wanted = new Set(this.#desired().map(keyOf));
    return remove.filter((rule) => raised.has(rule) || !wanted.has(keyOf(rule)));
  }

  async #reconcile(obsolete: readonly Rule[], purge: boolean): Promise<boolean> {
    const family = this.#family;
    const saved = await save(family);
    const waiting = [...this.#waiting].flatMap((batch) => batch.add.map((rule) => ({ batch, rule })));
    const script = reconcileScript({
      family,
      saved,
      desired: this.#desired(),
      obsolete,
      purge,
    });
    const policy = this.#dropForwarded ? "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n" : "";
    if (script + policy !== "" && (script !== "" || purge)) await restore(policy + script, this.#family);
    // What waits to be added is there now, and would be doubled; what moves goes and comes back.
    for (const { batch, rule } of waiting)
      if (!batch.remove.includes(rule)) batch.add = batch.add.filter((one) => one !== rule);
    return script !== "";
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#enabled) return Promise.resolve(undefined as T);
    const result = this.#turn.then(work);
    this.#turn = result.catch((error) => messageOf(error));
    return result;
  }
}
