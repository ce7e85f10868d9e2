import { messageOf } from "../../errors/errors.ts";
import type { Logger } from "../../log/log.ts";
import { restoreIn } from "../firewall/iptables.ts";
import type { SandboxRecord } from "../records.ts";
import { EMBEDDED_DNS, type SandboxResolver } from "../sandbox/resolv-conf.ts";
import { type DnsPorts, DnsServer, type Forwarding } from "./server.ts";

/** The embedded DNS servers, one for each sandbox on a user-defined network. */
export class DnsService {
  readonly #servers = new Map<string, DnsServer>();
  readonly #all: () => Iterable<SandboxRecord>;
  readonly #log: Logger;

  constructor(all: () => Iterable<SandboxRecord>, log: Logger) {
    this.#all = all;
    this.#log = log;
  }

  /** Serves a sandbox; fine when it is served already. */
  async start(record: SandboxRecord, resolver: SandboxResolver): Promise<void> {
    if (this.#servers.has(record.id) || record.netnsPath === undefined) return;
    const server = new DnsServer(record, this.#all, forwardingOf(resolver));
    this.#servers.set(record.id, server);
    try {
      const before = record.dns;
      const ports = await this.#listen(server, before);
      if (ports.udp === before?.udp && ports.tcp === before.tcp) return;
      record.dns = ports;
      await restoreIn(record.netnsPath, redirectScript(ports, before !== undefined));
    } catch (error) {
      this.stop(record);
      throw error;
    }
  }

  /** At the ports of an earlier life, which the sandbox's rules lead to already, if they are free. */
  async #listen(server: DnsServer, before: DnsPorts | undefined): Promise<DnsPorts> {
    if (!before) return server.listen();
    try {
      return await server.listen(before);
    } catch (error) {
      this.#log.debug("DNS ports of an earlier life are taken", { error: messageOf(error) });
      server.close();
      return server.listen();
    }
  }

  stop(record: SandboxRecord): void {
    this.#servers.get(record.id)?.close();
    this.#servers.delete(record.id);
  }

  close(): void {
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
  }
}

/**
 * Servers of the host's resolv.conf are asked from the host, which is set up to reach them, and those that were named
 * for containers from inside the sandbox, as in stock since 26.0.
 */
function forwardingOf({ nameservers, options, ofHost }: SandboxResolver): Forwarding {
  return {
    upstreams: nameservers.map((address) => ({ address, fromHost: ofHost })),
    dotted: options.some((option) => /^ndots:0*[1-9]/.test(option)),
  };
}

/** Leads port 53 of 127.0.0.11 to where the server listens, and the answers back, as Docker does. */
function redirectScript({ udp, tcp }: DnsPorts, again: boolean): string {
  const [there, back] = ["DOCKER_OUTPUT", "DOCKER_POSTROUTING"];
  const jumps = `-A OUTPUT -d ${EMBEDDED_DNS}/32 -j ${there}\n-A POSTROUTING -d ${EMBEDDED_DNS}/32 -j ${back}\n`;
  return `*nat
:${there} - [0:0]
:${back} - [0:0]
-A ${there} -d ${EMBEDDED_DNS}/32 -p tcp -m tcp --dport 53 -j DNAT --to-destination ${EMBEDDED_DNS}:${tcp}
-A ${there} -d ${EMBEDDED_DNS}/32 -p udp -m udp --dport 53 -j DNAT --to-destination ${EMBEDDED_DNS}:${udp}
-A ${back} -s ${EMBEDDED_DNS}/32 -p tcp -m tcp --sport ${tcp} -j SNAT --to-source :53
-A ${back} -s ${EMBEDDED_DNS}/32 -p udp -m udp --sport ${udp} -j SNAT --to-source :53
${again ? "" : jumps}COMMIT
`;
}
