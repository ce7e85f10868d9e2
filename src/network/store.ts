import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf, systemError } from "../errors/errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { isShared, networksIn, readDatabase, writeDatabase } from "./libnetwork-db.ts";
import type { NetworkRecord, SandboxRecord } from "./records.ts";

/** Of networks.json: up to 1, macvlan and ipvlan networks were in no database. */
const VERSION = 2;

const inDatabase = (network: NetworkRecord, version: number): boolean =>
  isShared(network) && (version >= 2 || !["macvlan", "ipvlan"].includes(network.driver));

/** Networks in one file under the data root, and in stock Docker's database (see libnetwork-db.ts); each sandbox in one of its own under the exec root. */
export class NetworkStore {
  readonly #networksPath: string;
  readonly #databasePath: string;
  readonly #sandboxFolder: string;
  /** What the database was last given, so that it is written only when that changes. */
  #written = "";

  constructor(root: string, execRoot: string) {
    const files = join(root, "files");
    mkdirSync(files, { recursive: true, mode: 0o750 });
    this.#networksPath = join(files, "networks.json");
    this.#databasePath = join(files, "local-kv.db");
    this.#sandboxFolder = join(execRoot, "libnetwork", "sandboxes");
    mkdirSync(this.#sandboxFolder, { recursive: true, mode: 0o700 });
  }

  /** What stock has removed from its database meanwhile is gone; what it has added is there. */
  loadNetworks(): NetworkRecord[] {
    const { version, networks: own } = existsSync(this.#networksPath)
      ? parse<{ version: number; networks: NetworkRecord[] }>(this.#networksPath)
      : { version: VERSION, networks: [] };
    const shared = this.#sharedNetworks();
    if (!shared) return own;
    // Ours in their old order, which is that of their firewall rules.
    const kept = own.filter(
      (network) => !inDatabase(network, version) || shared.some(({ id }) => id === network.id),
    );
    return [...kept, ...shared.filter(({ id }) => !own.some((network) => network.id === id))];
  }

  #sharedNetworks(): NetworkRecord[] | undefined {
    try {
      const database = readDatabase(this.#databasePath);
      return database && networksIn(database);
    } catch (cause) {
      throw unreadable(this.#databasePath, cause);
    }
  }

  saveNetworks(networks: readonly NetworkRecord[]): void {
    writeAtomic(this.#networksPath, `${JSON.stringify({ version: VERSION, networks }, null, 1)}\n`, {
      mode: 0o600,
    });
    const shared = networks.filter(isShared);
    const text = JSON.stringify(shared);
    if (text === this.#written) return;
    writeDatabase(this.#databasePath, shared);
    this.#written = text;
  }

  /** Oldest first, which is the order of their firewall rules. */
  loadSandboxes(): SandboxRecord[] {
    const names = readdirSync(this.#sandboxFolder).filter((name) => name.endsWith(".json"));
    const records = names.map((name) => parse<SandboxRecord>(join(this.#sandboxFolder, name)));
    return records.toSorted((a, b) => a.made - b.made);
  }

  /** Lives no longer than the machine, so it need not survive a power loss. */
  saveSandbox(record: SandboxRecord): void {
    const path = this.#sandboxPath(record.request.containerID);
    writeAtomic(path, JSON.stringify(record), { mode: 0o600, durability: "crash" });
  }

  removeSandbox(containerID: string): void {
    rmSync(this.#sandboxPath(containerID), { force: true });
  }

  #sandboxPath(containerID: string): string {
    return join(this.#sandboxFolder, `${containerID}.json`);
  }
}

function parse<T>(path: string): T {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): Error {
  return systemError(
    `cannot read network state ${path}: ${messageOf(cause)}; \`dockerd fsck --repair\` sets it right`,
    { cause },
  );
}
