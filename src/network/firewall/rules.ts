/** Which rules Docker 20.10 writes for the engine as a whole, for a bridge network, for a published port. */
import type { Family } from "../address/ip.ts";
import type { PublishedPort } from "../records.ts";
import type { Rule, Table } from "./rule.ts";

type MakeRule = (table: Table, chain: string, place: Rule["place"], spec: string) => Rule;

const makerFor =
  (family: Family): MakeRule =>
  (table, chain, place, spec) => ({ family, table, chain, place, spec });

export interface BridgeRules {
  family: Family;
  bridge: string;
  /** "172.17.0.0/16"; "" if the network has none of this family, and is only kept apart. */
  subnet: string;
  internal: boolean;
  icc: boolean;
  masquerade: boolean;
}

const LOOPBACK: Readonly<Record<Family, string>> = { 4: "127.0.0.0/8", 6: "::1/128" };

/** Jumps into the engine's chains. Without the proxy, local connections to the loopback are redirected as well. */
export function baseRules(userlandProxy: boolean, family: Family = 4): Rule[] {
  const rule = makerFor(family);
  const exceptLoopback = userlandProxy ? `! -d ${LOOPBACK[family]} ` : "";
  const user =
    family === 4
      ? [
          rule("filter", "FORWARD", "top", "-j DOCKER-USER"),
          rule("filter", "DOCKER-USER", "end", "-j RETURN"),
        ]
      : [];
  return [
    ...user,
    rule("filter", "FORWARD", "top", "-j DOCKER-ISOLATION-STAGE-1"),
    rule("filter", "DOCKER-ISOLATION-STAGE-1", "end", "-j RETURN"),
    rule("filter", "DOCKER-ISOLATION-STAGE-2", "end", "-j RETURN"),
    rule("nat", "PREROUTING", "end", "-m addrtype --dst-type LOCAL -j DOCKER"),
    rule("nat", "OUTPUT", "end", `${exceptLoopback}-m addrtype --dst-type LOCAL -j DOCKER`),
  ];
}

/** Rules of a bridge network, each chain's in the order in which they stand in it. */
export function bridgeRules(net: BridgeRules, userlandProxy: boolean): Rule[] {
  if (net.subnet === "") return net.internal ? [] : isolation(makerFor(net.family), net.bridge);
  return net.internal ? internalRules(net) : externalRules(net, userlandProxy);
}

function internalRules({ family, bridge, subnet, icc }: BridgeRules): Rule[] {
  const rule = makerFor(family);
  return [
    rule("filter", "DOCKER-ISOLATION-STAGE-1", "top", `! -s ${subnet} -o ${bridge} -j DROP`),
    rule("filter", "DOCKER-ISOLATION-STAGE-1", "top", `! -d ${subnet} -i ${bridge} -j DROP`),
    amongItself(rule, bridge, icc),
  ];
}

const amongItself = (rule: MakeRule, bridge: string, icc: boolean): Rule =>
  icc
    ? rule("filter", "FORWARD", "top", `-i ${bridge} -o ${bridge} -j ACCEPT`)
    : rule("filter", "FORWARD", "end", `-i ${bridge} -o ${bridge} -j DROP`);

/** What keeps networks apart from each other. */
function isolation(rule: MakeRule, bridge: string): Rule[] {
  const between = `-i ${bridge} ! -o ${bridge} -j DOCKER-ISOLATION-STAGE-2`;
  return [
    rule("filter", "DOCKER-ISOLATION-STAGE-1", "top", between),
    rule("filter", "DOCKER-ISOLATION-STAGE-2", "top", `-o ${bridge} -j DROP`),
  ];
}

function externalRules(net: BridgeRules, userlandProxy: boolean): Rule[] {
  const { family, bridge, subnet } = net;
  const rule = makerFor(family);
  const rules = [
    rule("filter", "FORWARD", "top", `-o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`),
    rule("filter", "FORWARD", "top", `-o ${bridge} -j DOCKER`),
    rule("filter", "FORWARD", "top", `-i ${bridge} ! -o ${bridge} -j ACCEPT`),
    amongItself(rule, bridge, net.icc),
    ...isolation(rule, bridge),
  ];
  if (!userlandProxy)
    rules.push(rule("nat", "POSTROUTING", "top", `-o ${bridge} -m addrtype --src-type LOCAL -j MASQUERADE`));
  if (net.masquerade) {
    rules.push(rule("nat", "POSTROUTING", "top", `-s ${subnet} ! -o ${bridge} -j MASQUERADE`));
    if (userlandProxy) rules.push(rule("nat", "DOCKER", "top", `-i ${bridge} -j RETURN`));
  }
  return rules;
}

const ANY: Readonly<Record<Family, string>> = { 4: "0.0.0.0", 6: "::" };

const familyOf = (address: string): Family => (address.includes(":") ? 6 : 4);

/**
 * Rules that lead a host port to a container on `bridge`. None where the two are of different families: there only the
 * proxy can serve.
 */
export function portRules(port: PublishedPort, bridge: string, userlandProxy: boolean): Rule[] {
  const family = familyOf(port.hostIP);
  if (family !== familyOf(port.containerIP)) return [];
  const rule = makerFor(family);
  const { proto, containerPort } = port;
  const ip = `${port.containerIP}/${family === 4 ? 32 : 128}`;
  const target = family === 4 ? port.containerIP : `[${port.containerIP}]`;
  const to = port.hostIP === ANY[family] ? "" : `-d ${port.hostIP}/${family === 4 ? 32 : 128} `;
  const notFrom = userlandProxy ? `! -i ${bridge} ` : "";
  const match = (dport: number) => `-p ${proto} -m ${proto} --dport ${dport}`;
  const rules = [
    rule(
      "nat",
      "DOCKER",
      "end",
      `${to}${notFrom}${match(port.hostPort)} -j DNAT --to-destination ${target}:${containerPort}`,
    ),
    rule("filter", "DOCKER", "end", `-d ${ip} ! -i ${bridge} -o ${bridge} ${match(containerPort)} -j ACCEPT`),
    rule("nat", "POSTROUTING", "end", `-s ${ip} -d ${ip} ${match(containerPort)} -j MASQUERADE`),
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
