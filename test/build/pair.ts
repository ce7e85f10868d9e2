/** Our engine and stock's, which build the same with the same client. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../hack/lib/command.ts";
import { STOCK_CLIENT, startStockEngine } from "../../hack/lib/stock-engine.ts";
import { type Result, startTestEngine } from "../lib/engine.ts";
import { imageOutcome, normalOutput, type Outcome } from "./outcome.ts";

export interface Pair {
  folder: string;
  /** Loads an image, which `write` writes as an archive, into both. */
  load(write: (path: string) => void): Promise<void>;
  /** Builds a context with both; `twice`: what counts is the second time. */
  build(
    tag: string,
    context: string,
    args: readonly string[],
    twice: boolean,
  ): Promise<{ ours: Outcome; theirs: Outcome }>;
  stop(): Promise<void>;
}

/** Two engines that make docker0 and its rules at the same time would be in each other's way. */
const OWN_NETWORK = ["unshare", "--net", "--", "/bin/sh", "-c", 'ip link set lo up; exec "$@"', "sh"];

export interface PairOptions {
  /** Both are in the network that they are started in, without bridges and rules. */
  hostNetwork?: boolean;
  /** Files in layers whose content is not compared. */
  ignore?: RegExp;
}

export async function startPair({ hostNetwork = false, ignore }: PairOptions = {}): Promise<Pair> {
  const folder = mkdtempSync("/tmp/pequod-build-");
  const flags = hostNetwork ? ["--bridge=none", "--iptables=false"] : [];
  const [engine, stock] = await Promise.all([
    startTestEngine({ flags, image: !hostNetwork }),
    startStockEngine({ folder, flags, prefix: hostNetwork ? [] : OWN_NETWORK }),
  ]);
  const client = new Client(folder, ignore);
  return {
    folder,
    async load(write) {
      const path = join(folder, "image.tar");
      write(path);
      for (const host of [engine.host, stock.host]) {
        const { code, stderr } = await client.run(host, "load", "-i", path);
        if (code !== 0) throw new Error(`load: ${stderr}`);
      }
      rmSync(path);
    },
    async build(tag, context, args, twice) {
      const outcome = (host: string) => client.outcome(host, tag, [...args, "-t", tag, context], twice);
      const [ours, theirs] = await Promise.all([outcome(engine.host), outcome(stock.host)]);
      return { ours, theirs };
    },
    async stop() {
      await Promise.all([engine.stop(), stock.stop()]);
      leaveNoMounts(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Stock keeps its network namespace mounted. */
function leaveNoMounts(folder: string): void {
  const paths = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of paths.reverse()) Bun.spawnSync(["umount", "-l", path]);
}

class Client {
  readonly #home: string;
  readonly #ignore: RegExp | undefined;

  constructor(home: string, ignore: RegExp | undefined) {
    this.#home = home;
    this.#ignore = ignore;
  }

  run(host: string, ...args: string[]): Promise<Result> {
    return runCommand([STOCK_CLIENT, ...args], { env: this.#env(host) });
  }

  #env(host: string) {
    return { PATH: process.env["PATH"], HOME: this.#home, DOCKER_HOST: host, DOCKER_BUILDKIT: "0" };
  }

  async outcome(host: string, tag: string, args: string[], twice: boolean): Promise<Outcome> {
    const build = () => this.run(host, "build", ...args);
    if (twice) await build();
    const { code, stdout, stderr } = await build();
    const save = () =>
      Bun.spawn([STOCK_CLIENT, "save", tag], { env: this.#env(host) })
        .stdout as unknown as AsyncIterable<Uint8Array>;
    const image = await imageOutcome((...words) => this.run(host, ...words), save, tag, this.#ignore);
    return { code, output: [...normalOutput(stdout), "stderr:", ...normalOutput(stderr)], ...image };
  }
}
