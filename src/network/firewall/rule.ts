/** Firewall rules as data. The text of a rule is what iptables-save prints, so that the two can be compared. */
import type { Family } from "../address/ip.ts";

export type Table = "filter" | "nat" | "mangle";
export const TABLES: readonly Table[] = ["filter", "nat", "mangle"];

export interface Rule {
  /** Whose firewall it is in: that of iptables or of ip6tables. */
  family: Family;
  table: Table;
  chain: string;
  /** "-o docker0 -j DOCKER" */
  spec: string;
  /** Ours at the head of the chain ("top") or after everything that is there ("end"). */
  place: "top" | "end";
}

export const keyOf = (rule: Rule): string => `${rule.family} ${rule.table} ${rule.chain} ${rule.spec}`;

const FILTER_CHAINS = ["DOCKER", "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2"];

/** Chains that the engine makes. DOCKER-USER, which stock 20.10 has for IPv4 alone, is the user's: its rules are never touched. */
export function ownChains(family: Family, table: Table): readonly string[] {
  if (table === "nat") return ["DOCKER"];
  if (table !== "filter") return [];
  return family === 4 ? [...FILTER_CHAINS, "DOCKER-USER"] : FILTER_CHAINS;
}

/** What is in the kernel: rules by table and chain, in order; a chain that is not there is missing. */
export type Saved = Map<Table, Map<string, string[]>>;

/** Reads the output of iptables-save. */
export function parseSaved(text: string): Saved {
  const saved: Saved = new Map();
  let chains = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    if (line.startsWith("*")) {
      chains = new Map();
      saved.set(line.slice(1) as Table, chains);
    } else if (line.startsWith(":")) chains.set(line.slice(1, line.indexOf(" ")), []);
    else if (line.startsWith("-A ")) {
      const end = line.indexOf(" ", 3);
      chains.get(line.slice(3, end))?.push(line.slice(end + 1));
    }
  }
  return saved;
}
