import type { Logger } from "../../log/log.ts";
import type { Family } from "../address/ip.ts";
import { FamilyFirewall } from "./family-firewall.ts";
import type { Rule } from "./rule.ts";

export interface FirewallOptions {
  /** IPv4's rules are the engine's business. */
  iptables: boolean;
  /** IPv6's as well. */
  ip6tables: boolean;
  userlandProxy: boolean;
}

/** The engine's firewall rules of both families; each rule goes to its own. */
export class Firewall {
  readonly #families: Readonly<Record<Family, FamilyFirewall>>;

  constructor({ iptables, ip6tables, userlandProxy }: FirewallOptions) {
    this.#families = {
      4: new FamilyFirewall(4, iptables, userlandProxy),
      6: new FamilyFirewall(6, ip6tables, userlandProxy),
    };
  }

  async #both(
    rules: readonly Rule[],
    work: (one: FamilyFirewall, rules: Rule[]) => Promise<unknown> | undefined,
  ): Promise<void> {
    const of = (family: Family) => rules.filter((rule) => rule.family === family);
    await Promise.all([work(this.#families[4], of(4)), work(this.#families[6], of(6))]);
  }

  /** Sets FORWARD's policy to DROP from now on: forwarding has just been switched on for the engine's sake. */
  dropForwarded(family: Family): void {
    this.#families[family].dropForwarded();
  }

  addNetwork(id: string, rules: Rule[]): Promise<void> {
    return this.#both(rules, (one, own) => one.addNetwork(id, own));
  }

  removeNetwork(id: string): Promise<void> {
    return this.#both([], (one) => one.removeNetwork(id));
  }

  addPorts(endpointID: string, rules: Rule[]): Promise<void> {
    return this.#both(rules, (one, own) => one.addPorts(endpointID, own));
  }

  removePorts(endpointID: string): Promise<void> {
    return this.#both([], (one) => one.removePorts(endpointID));
  }

  /** Notes rules without touching the kernel; start() follows. */
  noteNetwork(id: string, rules: Rule[]): void {
    void this.#both(rules, (one, own) => {
      one.noteNetwork(id, own);
      return undefined;
    });
  }

  notePorts(endpointID: string, rules: Rule[]): void {
    void this.#both(rules, (one, own) => {
      one.notePorts(endpointID, own);
      return undefined;
    });
  }

  /** Brings the kernel in line at the engine's start: our chains anew, `obsolete` rules gone. */
  start(obsolete: readonly Rule[]): Promise<void> {
    return this.#both(obsolete, (one, own) => one.start(own));
  }

  /** Puts back what somebody else has flushed. */
  repair(): Promise<void> {
    return this.#both([], (one) => one.repair());
  }

  /** From now on rules that somebody flushes come back by themselves. */
  watch(log: Logger): void {
    void this.#both([], (one) => {
      one.watch(log);
      return undefined;
    });
  }

  /** Ends the watching, and waits for what is being done. */
  close(): Promise<void> {
    return this.#both([], (one) => one.close());
  }
}
