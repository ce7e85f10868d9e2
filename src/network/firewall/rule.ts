/** Firewall rules as data. The text of a rule is what iptables-save prints, so that the two can be compared. */

export type Table = "filter" | "nat" | "mangle";
export const TABLES: readonly Table[] = ["filter", "nat", "mangle"];

export interface Rule {
  table: Table;
  chain: string;
  /** "-o docker0 -j DOCKER" */
  spec: string;
  /** Ours at the head of the chain ("top") or after everything that is there ("end"). */
  place: "top" | "end";
}

export const keyOf = (rule: Rule): string => `${rule.table} ${rule.chain} ${rule.spec}`;

/** Chains that the engine makes. DOCKER-USER is the user's: its rules are never touched. */
export const OWN_CHAINS: Partial<Record<Table, readonly string[]>> = {
  filter: ["DOCKER", "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2", "DOCKER-USER"],
  nat: ["DOCKER"],
};

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
