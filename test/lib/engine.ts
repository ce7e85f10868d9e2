/**
 * A chain for one test file: our daemons on private folders and sockets, busybox loaded, and a client to drive it.
 * PEQUOD_BIN names the folder of the built programs (hack/test.ts sets it).
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeBusyboxImage } from "../../hack/lib/busybox-image.ts";
import { type Chain, startChain } from "../../hack/lib/chain.ts";
import { type Result, runCommand } from "../../hack/lib/command.ts";

export const BIN = process.env["PEQUOD_BIN"] ?? resolve(import.meta.dir, "../../.build/bin");
export const OUR_CLI = join(BIN, "docker");
/** The newest stock client that is here: one beside the system's, or Debian's. PEQUOD_STOCK_CLI names another. */
export const STOCK_CLI = [
  process.env["PEQUOD_STOCK_CLI"] ?? "",
  "/usr/local/bin/docker",
  "/usr/bin/docker",
].find((path) => existsSync(path))!;

/**
 * The client that drives tests which are not about clients: the stock one if it knows today's options, else ours.
 * Debian's 20.10 knows neither mounts of images nor the start interval of health checks.
 */
const DRIVER = knowsToday(STOCK_CLI) ? STOCK_CLI : OUR_CLI;

function knowsToday(client: string | undefined): boolean {
  if (client === undefined) return false;
  const version = /version (\d+)/.exec(Bun.spawnSync([client, "--version"]).stdout.toString());
  return Number(version?.[1] ?? 0) >= 28;
}

export type { Result };

export interface RunOptions {
  cli?: string;
  stdin?: string | Uint8Array | Blob;
  env?: Record<string, string>;
}

export interface Engine {
  readonly folder: string;
  readonly host: string;
  /** The chain that runs now; another one after restart(). */
  chain: Chain;
  /** Runs the client (the driver unless told otherwise) to its end. */
  docker(args: string[], options?: RunOptions): Promise<Result>;
  /** Runs the client and returns its stdout, trimmed. Throws when it fails. */
  ok(...args: string[]): Promise<string>;
  /** Starts both daemons again on the same folders, after they were killed or stopped. */
  restart(): Promise<void>;
  log(): string;
  stop(): Promise<void>;
}

export interface EngineOptions {
  flags?: string[];
  /** Load busybox:latest first; default true. */
  image?: boolean;
}

export async function startTestEngine(options: EngineOptions = {}): Promise<Engine> {
  const folder = mkdtempSync("/tmp/pequod-test-");
  const begin = () =>
    startChain({ folder, client: OUR_CLI, daemonPrograms: BIN, flags: options.flags ?? [] });
  const engine: Engine = {
    folder,
    host: `unix://${join(folder, "docker.sock")}`,
    chain: await begin(),
    docker: (args, run = {}) => runClient(engine.host, folder, args, run),
    async ok(...args) {
      const result = await engine.docker(args);
      if (result.code !== 0) {
        throw new Error(
          `docker ${args.join(" ")}: exit code ${result.code}\n${result.stderr}${result.stdout}`,
        );
      }
      return result.stdout.trim();
    },
    async restart() {
      engine.chain = await begin();
    },
    log: () => readFileSync(join(folder, "dockerd.log"), "utf8"),
    async stop() {
      await engine.chain.stop();
      const mistake = /^.*unhandled error.*$/m.exec(engine.log())?.[0];
      if (mistake) throw new Error(`dockerd made a mistake:\n${mistake}`);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  if (options.image ?? true) {
    const image = join(folder, "busybox.tar");
    writeBusyboxImage(image);
    await engine.ok("load", "-i", image);
  }
  return engine;
}

function runClient(host: string, folder: string, args: string[], options: RunOptions): Promise<Result> {
  const { cli = DRIVER, env, ...rest } = options;
  return runCommand([cli, ...args], {
    ...rest,
    env: {
      PATH: process.env["PATH"],
      HOME: join(folder, "home"),
      DOCKER_HOST: host,
      DOCKER_BUILDKIT: "0",
      ...env,
    },
  });
}

/** Waits until something holds; the error shows what was seen last. */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  holds: (seen: T) => boolean,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > deadline)
      throw new Error(`${what}: not within ${seconds} s; last seen: ${JSON.stringify(seen)}`);
    await Bun.sleep(20);
  }
}
