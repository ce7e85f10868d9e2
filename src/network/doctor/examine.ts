/** `docker network doctor`: why traffic does, or does not, get into and out of a container. */
import type { PortMap } from "../../api/schema.ts";
import { listAddresses } from "../../linux/netlink/address.ts";
import { findLink } from "../../linux/netlink/link.ts";
import { NetlinkSocket } from "../../linux/netlink/socket.ts";
import { inNetns } from "../../linux/netns.ts";
import { addressOf, formatAddress } from "../address/ip.ts";
import type { Rule } from "../firewall/rule.ts";
import { baseRules } from "../firewall/rules.ts";
import type { Parts } from "../parts.ts";
import { parsePort } from "../ports/bindings.ts";
import { isProxy } from "../ports/proxy.ts";
import type { EndpointRecord, NetworkRecord, SandboxRecord } from "../records.ts";
import {
  checkForeign,
  checkForwarding,
  checkLinks,
  checkListener,
  checkOwnRules,
  checkPacket,
  checkWayOut,
  type LinkFacts,
  translates,
} from "./checks.ts";
import {
  defaultInterface,
  firewallNow,
  foreignForwardChains,
  listenersIn,
  listenersOfHost,
  ownerOf,
  setting,
} from "./facts.ts";
import { type Finding, fine, note, problem } from "./finding.ts";

/** Examines the sandbox of a running container. */
export async function examine(parts: Parts, record: SandboxRecord): Promise<Finding[]> {
  if (record.netnsPath === undefined)
    return [fine("network host", "the container uses the host's own network: nothing stands between")];
  const joined = record.endpoints.flatMap((endpoint) => {
    const network = parts.networks.get(endpoint.networkID);
    return network ? [{ endpoint, network }] : [];
  });
  const bridged = joined.filter(({ network }) => network.driver === "bridge");
  if (joined.every(({ network }) => network.driver === "null"))
    return [
      note(
        "network none",
        "the container has no network",
        "docker network disconnect none CONTAINER, then connect another",
      ),
    ];
  const findings: Finding[] = [];
  for (const { endpoint, network } of bridged)
    findings.push(...checkLinks(network, endpoint, linkFacts(parts, record, network, endpoint)));
  const gateway = bridged.find(({ endpoint }) => endpoint.id === record.gatewayEndpoint) ?? bridged[0];
  if (gateway) findings.push(...(await examineGateway(parts, record, gateway.network, gateway.endpoint)));
  for (const { network } of joined.filter((one) => !bridged.includes(one) && one.network.driver !== "null"))
    findings.push(
      note(
        `network ${network.name}`,
        `${network.driver} on ${network.device}: the wire decides what gets through`,
      ),
    );
  return findings;
}

function linkFacts(
  { host }: Parts,
  record: SandboxRecord,
  network: NetworkRecord,
  endpoint: EndpointRecord,
): LinkFacts {
  const bridge = findLink(host, network.device ?? "");
  const hostLink = endpoint.hostLink === undefined ? undefined : findLink(host, endpoint.hostLink);
  return {
    bridge,
    hostLink: hostLink && { ...hostLink, attached: hostLink.master === bridge?.index },
    ...inNetns(record.netnsPath!, () => insideFacts(endpoint.link ?? "")),
  };
}

function insideFacts(name: string): Pick<LinkFacts, "addresses" | "hasDefaultRoute"> {
  using socket = new NetlinkSocket();
  const link = findLink(socket, name);
  const addresses = link ? listAddresses(socket, link.index) : [];
  return {
    addresses: addresses.map(({ address }) => formatAddress(addressOf(address))),
    hasDefaultRoute: defaultInterface() !== undefined,
  };
}

async function examineGateway(
  parts: Parts,
  record: SandboxRecord,
  network: NetworkRecord,
  endpoint: EndpointRecord,
): Promise<Finding[]> {
  const { options, driverOf, firewalld } = parts;
  const bridge = network.device!;
  const driver = driverOf(network);
  const firewall = await firewallNow();
  const wanted = [
    ...baseRules(options.userlandProxy),
    ...driver.rules(network),
    ...(driver.portRules?.(network, record.published) ?? []),
  ].filter(({ family }) => family === 4);
  const missing = options.iptables ? wanted.filter((rule) => !present(firewall, rule)) : [];
  const inside = inNetns(record.netnsPath!, () => insideFacts(endpoint.link ?? ""));
  const findings = [
    checkForwarding(setting("net/ipv4/ip_forward"), bridge, setting(`net/ipv4/conf/${bridge}/forwarding`)),
    ...(options.iptables
      ? checkOwnRules(
          missing.filter((rule) => !translates(network, rule)),
          ({ table, chain }) => firewall.table(table).rules(chain) !== undefined,
        )
      : []),
    ...checkWayOut(network, inside.hasDefaultRoute, missing, options.iptables),
    ...checkForeign(await foreignForwardChains(), bridge, firewalld.running),
  ];
  const filter = firewall.table("filter");
  const outside = defaultInterface();
  const common = { proto: "tcp", port: undefined } as const;
  if (!network.internal && outside === undefined)
    findings.push(
      problem(
        "way out",
        "this host itself has no default route",
        "ip route add default via GATEWAY on the host",
      ),
    );
  if (!network.internal) {
    const out = {
      ...common,
      in: bridge,
      out: outside ?? "eth0",
      source: endpoint.address,
      destination: undefined,
    };
    findings.push(checkPacket("packets to the outside", filter, out));
  }
  const listeners = listenersIn(record.netnsPath!);
  for (const port of record.published.filter(({ hostIP }) => !hostIP.includes(":"))) {
    findings.push(checkListener(port, listeners));
    findings.push(
      checkPacket(`packets to ${port.hostPort}/${port.proto}`, filter, {
        in: outside ?? "eth0",
        out: bridge,
        source: undefined,
        destination: endpoint.address,
        proto: port.proto,
        port: port.containerPort,
      }),
    );
  }
  findings.push(...checkProxies(record), ...checkUnpublished(record));
  return findings;
}

function present(firewall: Awaited<ReturnType<typeof firewallNow>>, rule: Rule): boolean {
  return firewall.table(rule.table).rules(rule.chain)?.includes(rule.spec) ?? false;
}

function checkProxies({ proxies }: SandboxRecord): Finding[] {
  if (proxies.every(isProxy)) return [];
  return [
    problem(
      "docker-proxy",
      "a docker-proxy of the container has ended: its ports are not served to local and IPv6 clients",
      "restart dockerd (the container goes on), or restart the container",
    ),
  ];
}

function checkUnpublished({ request, published }: SandboxRecord): Finding[] {
  const isPublished = (name: string) => {
    const { port, proto } = parsePort(name);
    return published.some((one) => one.containerPort === port && one.proto === proto);
  };
  return request.exposedPorts
    .filter((name) => !isPublished(name))
    .map((name) =>
      note(
        `port ${name}`,
        "is exposed by the image but not published: only containers of the same network reach it",
        `docker run -p ${parsePort(name).port}:${parsePort(name).port}/${parsePort(name).proto} ...`,
      ),
    );
}

/** A container that does not run: whether its ports could be had. */
export function examinePorts(portBindings: PortMap): Finding[] {
  const listeners = listenersOfHost();
  return Object.entries(portBindings).flatMap(([name, bindings]) => {
    const { proto } = parsePort(name);
    return (bindings ?? []).flatMap(({ HostPort = "" }): Finding[] => {
      const port = Number(HostPort);
      if (!port) return [];
      const taker = listeners.find((one) => one.proto === proto && one.port === port);
      const about = `port ${port}/${proto}`;
      if (!taker) return [fine(about, "is free on this host")];
      const owner = ownerOf(taker.inode) ?? "a process in another namespace";
      const cure = owner.startsWith("docker-proxy")
        ? "docker ps shows which container publishes it: stop that one, or publish another port"
        : "stop that program, or publish another port";
      return [problem(about, `is taken on this host by ${owner}`, cure)];
    });
  });
}
