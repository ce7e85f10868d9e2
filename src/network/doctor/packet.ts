/** Follows a packet through the rules that iptables-save shows, as far as its few known traits allow. */
import { contains, parseAddress, parseSubnet } from "../address/ip.ts";

export interface Packet {
  in: string;
  out: string;
  source: string | undefined;
  destination: string | undefined;
  proto: "tcp" | "udp" | "sctp";
  /** Port that it goes to; undefined for any. */
  port: number | undefined;
}

export interface Verdict {
  verdict: "ACCEPT" | "DROP" | "REJECT";
  /** Where it was decided: "FORWARD policy", or the rule. */
  by: string;
  /** Some rule on the way has traits that are not known of the packet. */
  certain: boolean;
}

type Match = "yes" | "no" | "maybe";
const and = (a: Match, b: Match): Match =>
  a === "no" || b === "no" ? "no" : a === "yes" && b === "yes" ? "yes" : "maybe";
const not = (match: Match): Match => (match === "yes" ? "no" : match === "no" ? "yes" : "maybe");
const truth = (value: boolean): Match => (value ? "yes" : "no");

function inSubnet(address: string | undefined, cidr: string): Match {
  const parsed = address === undefined ? undefined : parseAddress(address);
  if (!parsed) return "maybe";
  return truth(contains(parseSubnet(cidr.includes("/") ? cidr : `${cidr}/32`), parsed));
}

const named = (name: string, pattern: string) =>
  truth(pattern.endsWith("+") ? name.startsWith(pattern.slice(0, -1)) : name === pattern);

/** Whether a rule of iptables-save applies to a packet that begins a connection. */
export function matches(spec: string, packet: Packet): Match {
  const words = spec.match(/"[^"]*"|\S+/g) ?? [];
  let result: Match = "yes";
  let negated = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "!") {
      negated = true;
      continue;
    }
    if (word === "-j" || word === "-g") break;
    const value = words[i + 1] ?? "";
    const single = oneMatch(word, value, packet);
    if (word.startsWith("-")) i++;
    if (single !== undefined) result = and(result, negated ? not(single) : single);
    negated = false;
  }
  return result;
}

/** undefined for words that only load an extension. */
function oneMatch(word: string, value: string, packet: Packet): Match | undefined {
  switch (word) {
    case "-m":
      return undefined;
    case "-s":
      return inSubnet(packet.source, value);
    case "-d":
      return inSubnet(packet.destination, value);
    case "-i":
      return named(packet.in, value);
    case "-o":
      return named(packet.out, value);
    case "-p":
      return truth(value === packet.proto || value === "all");
    case "--dport":
      return packet.port === undefined ? "maybe" : inRange(packet.port, value);
    case "--ctstate":
    case "--state":
      return truth(value.split(",").includes("NEW"));
    case "--comment":
      return undefined;
    default:
      return "maybe";
  }
}

function inRange(port: number, text: string): Match {
  const [first = "", last = first] = text.split(":");
  return truth(port >= Number(first) && port <= Number(last));
}

const target = (spec: string) => / ?-[jg] (\S+)/.exec(spec)?.[1];

export interface Chains {
  /** The rules of a chain in order; undefined if there is no such chain. */
  rules(chain: string): readonly string[] | undefined;
  policy(chain: string): string;
}

/** What becomes of the packet in a built-in chain. */
export function follow(chains: Chains, chain: string, packet: Packet): Verdict {
  const state = { certain: true };
  const found = walk(chains, chain, packet, state, 0);
  return (
    found ?? {
      verdict: chains.policy(chain) === "DROP" ? "DROP" : "ACCEPT",
      by: `policy of ${chain}`,
      certain: state.certain,
    }
  );
}

const DEEPEST = 16;

function walk(
  chains: Chains,
  chain: string,
  packet: Packet,
  state: { certain: boolean },
  depth: number,
): Verdict | undefined {
  for (const spec of depth > DEEPEST ? [] : (chains.rules(chain) ?? [])) {
    const match = matches(spec, packet);
    if (match === "no") continue;
    const to = target(spec) ?? "";
    if (to === "RETURN" && match === "yes") return undefined;
    const by = `-A ${chain} ${spec}`;
    if (to === "ACCEPT" || to === "DROP" || to === "REJECT") {
      if (match === "yes") return { verdict: to, by, certain: state.certain };
      // It may end here: what follows is only likely.
      if (to !== "ACCEPT") state.certain = false;
      continue;
    }
    const inner = walk(chains, to, packet, state, depth + 1);
    if (inner && match === "yes") return inner;
    if (inner) state.certain = false;
  }
  return undefined;
}
