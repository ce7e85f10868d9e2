/** Our chain and stock Docker side by side, each in a network namespace of its own, with the same image loaded. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { writeBusyboxImage } from "../../hack/lib/busybox-image.ts";
import { type RunningEngine, startChain } from "../../hack/lib/chain.ts";
import { STOCK_CLIENT, startStockEngine } from "../../hack/lib/stock-engine.ts";

const BUNDLE = resolve(import.meta.dir, "../../bundles/latest");
const OUR_CLIENT = join(BUNDLE, "binary-client/docker");

/** Each engine needs a docker0 and firewall rules of its own. */
const OWN_NETWORK = ["unshare", "--net", "--", "/bin/sh", "-c", 'ip link set lo up; exec "$@"', "sh"];

export interface BenchEngine extends RunningEngine {
  folder: string;
  /** Runs the side's own client to its end. Throws when it fails. */
  ok(...args: string[]): Promise<void>;
}

export interface BenchEngines {
  ours: BenchEngine;
  stock: BenchEngine;
  folder: string;
  stop(): Promise<void>;
}

function benchEngine(engine: RunningEngine, client: string, folder: string): BenchEngine {
  const env = { ...process.env, DOCKER_HOST: engine.host, HOME: join(folder, "home") };
  return {
    ...engine,
    folder,
    async ok(...args) {
      const child = Bun.spawn([client, ...args], { env, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
      const [code, words] = await Promise.all([child.exited, new Response(child.stderr).text()]);
      if (code !== 0) throw new Error(`${client} ${args.join(" ")}: exit code ${code}\n${words}`);
    },
  };
}

/** Starts both engines. Errors: what either daemon said, with the other one ended. */
export async function startBoth(): Promise<BenchEngines> {
  const folder = mkdtempSync("/tmp/pequod-bench-");
  const [oursFolder, stockFolder] = [join(folder, "ours"), join(folder, "stock")];
  mkdirSync(oursFolder);
  mkdirSync(stockFolder);
  const chain = await startChain({
    folder: oursFolder,
    client: OUR_CLIENT,
    daemonPrograms: join(BUNDLE, "binary-daemon"),
    prefix: OWN_NETWORK,
    debug: false,
  });
  const stockEngine = await startStockEngine({ folder: stockFolder, prefix: OWN_NETWORK }).catch(
    async (error) => {
      await chain.stop();
      throw error;
    },
  );
  const ours = benchEngine(chain, OUR_CLIENT, oursFolder);
  const stock = benchEngine(stockEngine, STOCK_CLIENT, stockFolder);
  const image = join(folder, "busybox.tar");
  writeBusyboxImage(image);
  await ours.ok("load", "-i", image);
  await stock.ok("load", "-i", image);
  return {
    ours,
    stock,
    folder,
    async stop() {
      await ours.stop();
      await stock.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
