/** The doctor's single questions, each answered from facts alone. */
import { bridgeOptions } from "../bridge/options.ts";
import type { Rule } from "../firewall/rule.ts";
import type { EndpointRecord, NetworkRecord, PublishedPort } from "../records.ts";
import type { ForeignChain, Listener } from "./facts.ts";
import { type Finding, fine, note, problem } from "./finding.ts";
import type { Chains, Packet } from "./packet.ts";
import { follow } from "./packet.ts";

/** Whether the kernel forwards: `value` is the host's switch, `ofBridge` that of the bridge. */
export function checkForwarding(
  value: string | undefined,
  bridge: string,
  ofBridge: string | undefined,
): Finding {
  const about = "forwarding";
  if (value !== "1")
    return problem(
      about,
      "net.ipv4.ip_forward is off: this host passes nothing on between containers and the outside",
      "sysctl -w net.ipv4.ip_forward=1",
    );
  if (ofBridge === "0")
    return problem(
      about,
      `forwarding is off for the bridge ${bridge} alone`,
      `sysctl -w net.ipv4.conf.${bridge}.forwarding=1`,
    );
  return fine(about, "this host forwards packets");
}

export interface LinkFacts {
  bridge: { name: string; up: boolean } | undefined;
  hostLink: { name: string; up: boolean; attached: boolean } | undefined;
  addresses: readonly string[];
  hasDefaultRoute: boolean;
}

const RECONNECT = (network: string) =>
  `docker network disconnect ${network} CONTAINER, then docker network connect ${network} CONTAINER`;

/** Whether bridge and veth pair are there, up and joined. */
export function checkLinks(network: NetworkRecord, endpoint: EndpointRecord, facts: LinkFacts): Finding[] {
  const about = `network ${network.name}`;
  const device = network.device ?? "";
  if (!facts.bridge)
    return [problem(about, `the bridge ${device} is gone`, "restart dockerd, which makes it again")];
  const found: Finding[] = [];
  if (!facts.bridge.up)
    found.push(problem(about, `the bridge ${device} is down`, `ip link set ${device} up`));
  if (!facts.hostLink)
    found.push(problem(about, `the host's end of ${endpoint.link} is gone`, RECONNECT(network.name)));
  else if (!facts.hostLink.attached)
    found.push(
      problem(
        about,
        `the host's end ${facts.hostLink.name} is no port of the bridge ${device}`,
        `ip link set ${facts.hostLink.name} master ${device}`,
      ),
    );
  else if (!facts.hostLink.up)
    found.push(
      problem(
        about,
        `the host's end ${facts.hostLink.name} is down`,
        `ip link set ${facts.hostLink.name} up`,
      ),
    );
  if (endpoint.address && !facts.addresses.includes(endpoint.address))
    found.push(
      problem(
        about,
        `${endpoint.link} inside the container has lost its address ${endpoint.address}`,
        RECONNECT(network.name),
      ),
    );
  if (found.length > 0) return found;
  return [fine(about, `${endpoint.address} on ${endpoint.link}, joined to the bridge ${device}`)];
}

/** Whether a container of the network gets out: its route, and masquerading. */
export function checkWayOut(
  network: NetworkRecord,
  hasDefaultRoute: boolean,
  missing: readonly Rule[],
  iptables: boolean,
): Finding[] {
  const about = "way out";
  const subnet = network.ipam[0]?.Subnet ?? "";
  const masquerade = `iptables -t nat -A POSTROUTING -s ${subnet} ! -o ${network.device} -j MASQUERADE`;
  if (network.internal)
    return [
      note(
        about,
        `${network.name} is an internal network: it has no way out, by design`,
        "docker network connect bridge CONTAINER gives one",
      ),
    ];
  const found: Finding[] = [];
  if (!hasDefaultRoute)
    found.push(
      problem(
        about,
        "the container has no default route",
        "ip route inside the container shows what there is; restart it",
      ),
    );
  if (!iptables)
    found.push(
      note(
        about,
        "dockerd runs with --iptables=false: nobody translates the container's address for the outside",
        masquerade,
      ),
    );
  else if (!bridgeOptions(network).masquerade)
    found.push(
      note(
        about,
        `${network.name} does not translate addresses (enable_ip_masquerade=false): the outside needs a route to ${subnet}`,
        masquerade,
      ),
    );
  else if (missing.some((rule) => translates(network, rule)))
    found.push(
      problem(about, `the MASQUERADE rule for ${subnet} is missing: answers cannot find back`, masquerade),
    );
  return found.length > 0 ? found : [fine(about, "default route and address translation are there")];
}

/** Whether it is the rule that translates the addresses of a network for the outside. */
export const translates = ({ ipam }: NetworkRecord, { spec }: Rule): boolean =>
  spec.includes(`-s ${ipam[0]?.Subnet} `) && spec.includes("MASQUERADE");

/** Whether the engine's own rules are in the kernel. `chains` tells whether a rule's chain is there. */
export function checkOwnRules(missing: readonly Rule[], chains: (rule: Rule) => boolean): Finding[] {
  if (missing.length === 0) return [fine("firewall", "all rules of the engine are there")];
  return missing.map((rule) =>
    problem(
      "firewall",
      `a rule of the engine is missing: -t ${rule.table} -A ${rule.chain} ${rule.spec}`,
      chains(rule)
        ? `iptables -t ${rule.table} -${rule.place === "top" ? "I" : "A"} ${rule.chain} ${rule.spec}`
        : "somebody has removed the chain: restart dockerd, which makes it again",
    ),
  );
}

/** Whether the firewall lets a packet through, and if not, which rule it is. */
export function checkPacket(about: string, chains: Chains, packet: Packet): Finding {
  const { verdict, by, certain } = follow(chains, "FORWARD", packet);
  if (verdict === "ACCEPT")
    return certain
      ? fine(about, "the firewall lets it through")
      : note(about, "the firewall lets it through, unless a rule with further conditions catches it first");
  const rule = /^-A (.*)$/.exec(by)?.[1];
  return problem(
    about,
    rule ? `a rule catches it: ${by}` : `no rule accepts it, and the ${by} is ${verdict}`,
    rule ? `iptables -D ${rule}` : "iptables -I DOCKER-USER -j ACCEPT, or give it a rule of its own",
  );
}

/** Other firewalls' chains drop what the engine's rules have accepted. */
export function checkForeign(chains: readonly ForeignChain[], bridge: string, zone: boolean): Finding[] {
  return chains.flatMap(({ table, chain, text }) => {
    const about = `table ${table}`;
    if (table.endsWith(" firewalld")) {
      if (zone) return [fine(about, `firewalld runs, and has ${bridge} in its zone docker`)];
      return [
        problem(
          about,
          `firewalld runs, and ${bridge} is not in its zone docker: it rejects what containers send`,
          `firewall-cmd --zone=docker --change-interface=${bridge}`,
        ),
      ];
    }
    const last = text.trim().split("\n").at(-1) ?? "";
    const drops = /policy drop/.test(text) || /^(drop|reject)/.test(last);
    if (!drops || text.includes(`"${bridge}" accept`)) return [];
    return [
      problem(
        about,
        `its chain ${chain} drops forwarded packets, whatever the engine's rules say`,
        `nft insert rule ${table} ${chain} iifname "${bridge}" accept; nft insert rule ${table} ${chain} oifname "${bridge}" accept`,
      ),
    ];
  });
}

/** Whether something inside waits for what a published port brings. */
export function checkListener(port: PublishedPort, listeners: readonly Listener[]): Finding {
  const about = `port ${port.hostPort}/${port.proto}`;
  const inside = `${port.containerPort}/${port.proto}`;
  const there = listeners.filter(
    ({ proto, port: number }) => proto === port.proto && number === port.containerPort,
  );
  if (there.length === 0)
    return problem(
      about,
      `nothing listens at ${inside} inside the container`,
      "look whether the program runs and at which port (docker logs, docker top); publish that port",
    );
  const loopback = ["0100007F", "00000000000000000000000001000000"];
  if (there.every(({ address }) => loopback.includes(address)))
    return problem(
      about,
      `the program listens at ${inside} on the container's own loopback only`,
      "tell the program to listen at 0.0.0.0",
    );
  if (port.hostIP.startsWith("127."))
    return note(
      about,
      `leads to ${inside}, for this host only (${port.hostIP})`,
      `publish it as -p ${port.hostPort}:${port.containerPort}`,
    );
  return fine(about, `leads to ${inside}, where something listens`);
}
