/** From what is and what should be to the text for `iptables-restore --noflush`, which carries it out at once. */
import type { Family } from "../address/ip.ts";
import { keyOf, ownChains, type Rule, type Saved, TABLES, type Table } from "./rule.ts";

/** Adds and removes rules, trusting that the chains are there and those to remove too (else the whole fails). */
export function changeScript(add: readonly Rule[], remove: readonly Rule[]): string {
  return TABLES.map((table) => {
    const of = (rules: readonly Rule[]) => rules.filter((rule) => rule.table === table);
    return tableText(table, [], [...of(remove).map(deletion), ...insertions(of(add))]);
  }).join("");
}

const deletion = (rule: Rule) => `-D ${rule.chain} ${rule.spec}`;

/** Rules for the top go in last one first, since each insertion pushes the others down. */
function insertions(rules: readonly Rule[]): string[] {
  const top = rules.filter((rule) => rule.place === "top").reverse();
  const end = rules.filter((rule) => rule.place === "end");
  return [
    ...top.map((rule) => `-I ${rule.chain} ${rule.spec}`),
    ...end.map((rule) => `-A ${rule.chain} ${rule.spec}`),
  ];
}

const tableText = (table: Table, head: string[], body: string[]) =>
  head.length + body.length === 0 ? "" : `*${table}\n${[...head, ...body].join("\n")}\nCOMMIT\n`;

export interface Reconciliation {
  family: Family;
  saved: Saved;
  /** All rules of ours, in order. */
  desired: readonly Rule[];
  /** Rules that were ours and must go if they are still there. */
  obsolete: readonly Rule[];
  /** Clears our own chains of everything else, as dockerd does at its start. */
  purge: boolean;
}

/** The text that turns `saved` into a state with all of ours in place; "" if it is so already. */
export function reconcileScript(work: Reconciliation): string {
  return TABLES.map((table) => reconcileTable(table, work)).join("");
}

function reconcileTable(table: Table, work: Reconciliation): string {
  const desired = work.desired.filter((rule) => rule.table === table);
  const obsolete = work.obsolete.filter((rule) => rule.table === table);
  const own = ownChains(work.family, table);
  const saved = work.saved.get(table) ?? new Map<string, string[]>();
  const head: string[] = [];
  const body: string[] = [];
  const named = [...desired, ...obsolete].map((rule) => rule.chain);
  for (const chain of new Set([...own, ...named])) {
    const present = saved.get(chain);
    const clear = own.includes(chain) && (present === undefined || (work.purge && chain !== "DOCKER-USER"));
    const wanted = desired.filter((rule) => rule.chain === chain);
    const stale = obsolete.filter((rule) => rule.chain === chain);
    const change = reconcileChain(present ?? [], wanted, stale, clear && present !== undefined);
    if (clear && (present === undefined || change)) head.push(`:${chain} - [0:0]`);
    if (change) body.push(...(clear ? insertions(wanted) : change));
  }
  return tableText(table, head, body);
}

/** undefined if the chain has ours in order already. */
function reconcileChain(
  present: string[],
  wanted: Rule[],
  stale: Rule[],
  exact: boolean,
): string[] | undefined {
  const ours = new Set([...wanted, ...stale].map((rule) => rule.spec));
  const found = exact ? present : present.filter((spec) => ours.has(spec));
  const order = inOrder(wanted);
  if (found.length === order.length && found.every((spec, i) => spec === order[i])) return undefined;
  const chain = (wanted[0] ?? stale[0])?.chain ?? "";
  const gone = present.filter((spec) => ours.has(spec)).map((spec) => `-D ${chain} ${spec}`);
  return [...gone, ...insertions(wanted)];
}

const inOrder = (rules: readonly Rule[]): string[] => [
  ...rules.filter((rule) => rule.place === "top").map((rule) => rule.spec),
  ...rules.filter((rule) => rule.place === "end").map((rule) => rule.spec),
];

/** Drops rules that are named twice. */
export function unique(rules: readonly Rule[]): Rule[] {
  return [...new Map(rules.map((rule) => [keyOf(rule), rule])).values()];
}
