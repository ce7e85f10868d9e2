import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { systemError } from "../errors/errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import type { NetworkRecord, SandboxRecord } from "./records.ts";

/** Networks in one file under the data root; each sandbox in one of its own under the exec root. */
export class NetworkStore {
  readonly #networksPath: string;
  readonly #sandboxFolder: string;

  constructor(root: string, execRoot: string) {
    const files = join(root, "files");
    mkdirSync(files, { recursive: true, mode: 0o750 });
    this.#networksPath = join(files, "networks.json");
    this.#sandboxFolder = join(execRoot, "libnetwork", "sandboxes");
    mkdirSync(this.#sandboxFolder, { recursive: true, mode: 0o700 });
  }

  loadNetworks(): NetworkRecord[] {
    if (!existsSync(this.#networksPath)) return [];
    return parse<{ networks: NetworkRecord[] }>(this.#networksPath).networks;
  }

  saveNetworks(networks: readonly NetworkRecord[]): void {
    writeAtomic(this.#networksPath, `${JSON.stringify({ version: 1, networks }, null, 1)}\n`, {
      mode: 0o600,
    });
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
    throw systemError(`cannot read network state ${path}: ${(cause as Error).message}; repair or remove it`, {
      cause,
    });
  }
}
