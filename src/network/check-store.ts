/** What is wrong in the files that networks are kept in: for `dockerd fsck`. Nobody may have them open. */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../errors/errors.ts";
import { readText } from "../files/read-text.ts";
import { COUNTER, networksIn, PREFIX, readDatabase, writeDatabase, writeEntries } from "./libnetwork-db.ts";
import type { NetworkRecord } from "./records.ts";

/** Something that is wrong, and what sets it right. */
export interface NetworkProblem {
  subject: string;
  problem: string;
  cure: string;
  repair(): void;
}

type Entries = Map<string, Buffer>;

/** `root` is <data-root>/network. What cannot be used is kept beside, with ".damaged" at the end. */
export function checkNetworkStore(root: string): NetworkProblem[] {
  const [ownPath, databasePath] = [join(root, "files/networks.json"), join(root, "files/local-kv.db")];
  const own = attempt(() => ownNetworks(ownPath));
  const database = attempt(() => readDatabase(databasePath));
  const problems: NetworkProblem[] = [];
  if (own.error !== undefined) {
    const rest = database.error === undefined ? "local-kv.db still has the networks" : "networks are lost";
    problems.push(damaged(ownPath, own.error, rest));
  }
  if (database.error !== undefined) {
    const found = damaged(databasePath, database.error, "networks are lost");
    problems.push(own.value ? rewritten(found, databasePath, own.value) : found);
  }
  return [...problems, ...problemsIn(databasePath, database.value ?? new Map())];
}

function attempt<T>(read: () => T): { value?: T; error?: string } {
  try {
    return { value: read() };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

/** undefined if there is no such file. Errors: SyntaxError, TypeError. */
function ownNetworks(path: string): NetworkRecord[] | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  const { networks } = JSON.parse(text) as { networks?: NetworkRecord[] };
  if (!Array.isArray(networks)) throw new TypeError("it has no list of networks");
  for (const { id, name, driver } of networks)
    if (![id, name, driver].every((field) => typeof field === "string"))
      throw new TypeError("it has a network without id, name or driver");
  return networks;
}

function damaged(path: string, error: string, consequence: string): NetworkProblem {
  return {
    subject: path,
    problem: `it cannot be used: ${error}`,
    cure: `move it to ${path}.damaged; ${consequence}`,
    repair: () => renameSync(path, `${path}.damaged`),
  };
}

/** Each network is in both files, so that one can be made of the other. */
function rewritten(found: NetworkProblem, path: string, networks: NetworkRecord[]): NetworkProblem {
  return {
    ...found,
    cure: `move it to ${path}.damaged, and write it anew of networks.json`,
    repair() {
      found.repair();
      writeDatabase(path, networks);
    },
  };
}

/** Entries of stock's database that are malformed, or belong to a network that is not there. */
function problemsIn(path: string, entries: Entries): NetworkProblem[] {
  const places = [...entries.keys()].map((key) => ({ key, ...placeOf(key) }));
  const wrong = new Map<string, string>();
  const networks = new Set<string>();
  for (const { key, kind, id } of places) {
    const problem = kind === "" ? undefined : malformed(entries, key, kind, id);
    if (problem !== undefined) wrong.set(key, problem);
    else if (kind === "network") networks.add(id);
  }
  for (const { key, kind, id } of places)
    if (kind !== "" && !wrong.has(key) && !networks.has(id)) wrong.set(key, `network ${id} is not there`);
  return [...wrong].map(([key, problem]) => ({
    subject: `${path}: ${key}`,
    problem,
    cure: "remove the entry",
    repair() {
      entries.delete(key);
      writeEntries(path, entries);
    },
  }));
}

const KINDS = /^(network|endpoint_count|endpoint|bridge|(?:mac|ip)vlan\/network)\/([^/]+)\//;

/** ".../endpoint/<network>/<endpoint>/" is an endpoint of a network; what is of no network has the kind "". */
function placeOf(key: string): { kind: string; id: string } {
  const below = key.startsWith(`${PREFIX}/`) ? key.slice(PREFIX.length + 1) : "";
  const [, kind = "", id = ""] = KINDS.exec(below) ?? [];
  return { kind, id };
}

function malformed(entries: Entries, key: string, kind: string, id: string): string | undefined {
  const value = entries.get(key)!;
  try {
    const stored = JSON.parse(value.toString("utf8", COUNTER)) as { id?: unknown; ID?: unknown };
    if (kind !== "network") return undefined;
    if (stored.id !== id) return `it is of network ${String(stored.id)}`;
    // As dockerd would read it.
    networksIn(new Map([[key, value]]));
    return undefined;
  } catch (error) {
    return `it cannot be used: ${messageOf(error)}`;
  }
}
