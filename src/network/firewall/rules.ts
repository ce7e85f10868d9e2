/** Which rules Docker 20.10 writes for the engine as a whole, for a bridge network, for a published port. */
import type { PublishedPort } from "../records.ts";
import type { Rule, Table } from "./rule.ts";

const rule = (table: Table, chain: string, place: Rule["place"], spec: string): Rule => ({
  table,
  chain,
  place,
  spec,
});

export interface BridgeRules {
  bridge: string;
  /** "172.17.0.0/16" */
  subnet: string;
  internal: boolean;
  icc: boolean;
  masquerade: boolean;
}

/** Jumps into the engine's chains. Without the proxy, local connections to 127.0.0.1 are redirected as well. */
export function baseRules(userlandProxy: boolean): Rule[] {
  const exceptLoopback = userlandProxy ? "! -d 127.0.0.0/8 " : "";
  return [
    rule("filter", "FORWARD", "top", "-j DOCKER-USER"),
    rule("filter", "FORWARD", "top", "-j DOCKER-ISOLATION-STAGE-1"),
    rule("filter", "DOCKER-ISOLATION-STAGE-1", "end", "-j RETURN"),
    rule("filter", "DOCKER-ISOLATION-STAGE-2", "end", "-j RETURN"),
    rule("filter", "DOCKER-USER", "end", "-j RETURN"),
    rule("nat", "PREROUTING", "end", "-m addrtype --dst-type LOCAL -j DOCKER"),
    rule("nat", "OUTPUT", "end", `${exceptLoopback}-m addrtype --dst-type LOCAL -j DOCKER`),
  ];
}

/** Rules of a bridge network, each chain's in the order in which they stand in it. */
export function bridgeRules(net: BridgeRules, userlandProxy: boolean): Rule[] {
  return net.internal ? internalRules(net) : externalRules(net, userlandProxy);
}

function internalRules({ bridge, subnet, icc }: BridgeRules): Rule[] {
  return [
    rule("filter", "DOCKER-ISOLATION-STAGE-1", "top", `! -s ${subnet} -o ${bridge} -j DROP`),
    rule("filter", "DOCKER-ISOLATION-STAGE-1", "top", `! -d ${subnet} -i ${bridge} -j DROP`),
    amongItself(bridge, icc),
  ];
}

const amongItself = (bridge: string, icc: boolean): Rule =>
  icc
    ? rule("filter", "FORWARD", "top", `-i ${bridge} -o ${bridge} -j ACCEPT`)
    : rule("filter", "FORWARD", "end", `-i ${bridge} -o ${bridge} -j DROP`);

function externalRules(net: BridgeRules, userlandProxy: boolean): Rule[] {
  const { bridge, subnet } = net;
  const rules = [
    rule("filter", "FORWARD", "top", `-o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`),
    rule("filter", "FORWARD", "top", `-o ${bridge} -j DOCKER`),
    rule("filter", "FORWARD", "top", `-i ${bridge} ! -o ${bridge} -j ACCEPT`),
    amongItself(bridge, net.icc),
    rule(
      "filter",
      "DOCKER-ISOLATION-STAGE-1",
      "top",
      `-i ${bridge} ! -o ${bridge} -j DOCKER-ISOLATION-STAGE-2`,
    ),
    rule("filter", "DOCKER-ISOLATION-STAGE-2", "top", `-o ${bridge} -j DROP`),
  ];
  if (!userlandProxy)
    rules.push(rule("nat", "POSTROUTING", "top", `-o ${bridge} -m addrtype --src-type LOCAL -j MASQUERADE`));
  if (net.masquerade) {
    rules.push(rule("nat", "POSTROUTING", "top", `-s ${subnet} ! -o ${bridge} -j MASQUERADE`));
    if (userlandProxy) rules.push(rule("nat", "DOCKER", "top", `-i ${bridge} -j RETURN`));
  }
  return rules;
}

/** Rules that lead a host port to a container on `bridge`. Only IPv4: the proxy serves "::". */
export function portRules(port: PublishedPort, bridge: string, userlandProxy: boolean): Rule[] {
  if (port.hostIP.includes(":")) return [];
  const { proto, containerIP: ip, containerPort } = port;
  const to = port.hostIP === "0.0.0.0" ? "" : `-d ${port.hostIP}/32 `;
  const notFrom = userlandProxy ? `! -i ${bridge} ` : "";
  const match = (dport: number) => `-p ${proto} -m ${proto} --dport ${dport}`;
  const rules = [
    rule(
      "nat",
      "DOCKER",
      "end",
      `${to}${notFrom}${match(port.hostPort)} -j DNAT --to-destination ${ip}:${containerPort}`,
    ),
    rule(
      "filter",
      "DOCKER",
      "end",
      `-d ${ip}/32 ! -i ${bridge} -o ${bridge} ${match(containerPort)} -j ACCEPT`,
    ),
    rule("nat", "POSTROUTING", "end", `-s ${ip}/32 -d ${ip}/32 ${match(containerPort)} -j MASQUERADE`),
  ];
  // The kernel does not compute SCTP checksums for devices that would, and veth passes the packet on as it is.
  if (proto === "sctp")
    rules.push(
      rule(
        "mangle",
        "POSTROUTING",
        "end",
        `-p sctp -m sctp --sport ${containerPort} -j CHECKSUM --checksum-fill`,
      ),
    );
  return rules;
}
