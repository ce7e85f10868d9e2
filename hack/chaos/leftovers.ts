/** What must not be left when all containers are removed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { ChaosChain } from "./chain.ts";
import { processes } from "./processes.ts";
import { cgroupsOf } from "./sweep.ts";

function mountsBelow(chain: ChaosChain): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(chain.at("")) && !path.endsWith("/netns/default"));
}

function fifosBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFIFO())
    .map((entry) => `${entry.parentPath}/${entry.name}`);
}

function output(...command: string[]): string[] {
  return Bun.spawnSync(command).stdout.toString().split("\n").filter(Boolean);
}

/** Published addresses and isolation of containers; what belongs to a network stays. */
const containerRules = () =>
  output("iptables-save").filter((line) => line.includes("DNAT") || /-d 172\.17\.0\.\d+\/32/.test(line));

/** Links other than the bridges of networks that are there. */
const strayLinks = () =>
  output("ip", "-o", "link").flatMap((line) => /^\d+: ((?:veth|br-)[^:@]*)/.exec(line)?.[1] ?? []);

const DAEMONS_STATE = "{root,c-root,c-state,exec}/{*,*/*,*/*/*,*/*/*/*,*/*/*/*/*}";

/** Files under names that are only theirs until they are written. */
const partialFiles = (chain: ChaosChain) =>
  [...new Bun.Glob(DAEMONS_STATE).scanSync({ cwd: chain.folder, dot: true })].filter(
    (path) => /\.tmp-\d+-\d+$/.test(path) && !path.includes("/diff/"),
  );

/** Folders that stand for containers, their layers and their tasks. */
const FOLDERS = [
  "c-state/io.containerd.runtime.v2.task/moby/*",
  "root/containers/*",
  "root/image/*/layerdb/mounts/*",
  "root/image/*/layerdb/tmp/*",
  "root/image/*/layerdb/sha256/*-removing",
  "exec/libnetwork/sandboxes/*",
  "root/volumes/o*",
];

const foldersLeft = (chain: ChaosChain) =>
  FOLDERS.flatMap((pattern) => [
    ...new Bun.Glob(pattern).scanSync({ cwd: chain.folder, onlyFiles: false, dot: true }),
  ]);

/** Each with its kind; empty when all is clean. */
export function leftovers(chain: ChaosChain, ids: readonly string[]): string[] {
  const shims = processes().filter(
    ({ argv }) =>
      argv[0]?.endsWith("docker-containerd-shim") && argv.some((arg) => arg.includes(chain.folder)),
  );
  const told = (kind: string, found: readonly unknown[]) => found.map((what) => `${kind} ${what}`);
  return [
    ...told("mount", mountsBelow(chain)),
    ...told("cgroup", cgroupsOf(ids)),
    ...told("FIFO", fifosBelow(chain.at("exec"))),
    ...told("interface", strayLinks()),
    ...told("iptables rule", containerRules()),
    // With the container in its command line: one that has served another since is not left over.
    ...told(
      "shim",
      shims.map(({ pid, argv }) => `${pid} of ${argv[argv.indexOf("-id") + 1]}`),
    ),
    ...told("folder", foldersLeft(chain)),
    ...told("unfinished file", partialFiles(chain)),
  ];
}

/** Shims end by themselves some seconds after their last container, or after a start that came to nothing. */
const PATIENCE_MS = 15_000;

/** Tells what stays for longer than anything may take to go; so that no round has to wait for it. */
export class LeftoverWatch {
  readonly #chain: ChaosChain;
  readonly #since = new Map<string, number>();
  readonly #told = new Set<string>();
  #ids: string[] = [];

  constructor(chain: ChaosChain) {
    this.#chain = chain;
  }

  /** To be called when all containers, whose ids these are among, have been removed. */
  look(ids: readonly string[]): string[] {
    this.#ids = [...new Set([...this.#ids, ...ids])].slice(-100);
    const now = Date.now();
    const left = leftovers(this.#chain, this.#ids);
    for (const what of this.#since.keys()) if (!left.includes(what)) this.#since.delete(what);
    for (const what of left) if (!this.#since.has(what)) this.#since.set(what, now);
    const old = left.filter((what) => now - this.#since.get(what)! > PATIENCE_MS && !this.#told.has(what));
    for (const what of old) this.#told.add(what);
    return old.map((what) => `left over: ${what}`);
  }

  /** After the last round: what is not gone in time is left over. */
  async end(): Promise<string[]> {
    const deadline = Date.now() + PATIENCE_MS + 1_000;
    const found: string[] = [];
    while (Date.now() < deadline) {
      found.push(...this.look([]));
      if ([...this.#since.keys()].every((what) => this.#told.has(what))) break;
      await Bun.sleep(100);
    }
    return found;
  }
}
