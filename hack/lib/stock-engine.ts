/** Starts the stock dockerd of Debian (docker.io) on private folders and sockets, to compare ours with it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { appears, type RunningEngine, runClient } from "./chain.ts";

/** Another one is named by PEQUOD_STOCK_DOCKERD: see hack/newer-peers. */
export const STOCK_DOCKERD = process.env["PEQUOD_STOCK_DOCKERD"] ?? "/usr/sbin/dockerd";
export const STOCK_CLIENT = process.env["PEQUOD_STOCK_CLIENT"] ?? "/usr/bin/docker";

export interface StockEngineOptions {
  /** Folder for data root, sockets and logs; must exist. */
  folder: string;
  /** Folder for the daemon's log; default `folder`. */
  logs?: string;
  /** Default: a `root` in the folder. */
  dataRoot?: string;
  /** A containerd to use; by default dockerd starts stock containerd itself. */
  containerd?: string;
  /** Further flags of dockerd. */
  flags?: string[];
  /** What dockerd's command line is put behind. */
  prefix?: string[];
  /** The client that docker() runs; default Debian's. */
  client?: string;
}

/** Resolves when the API answers; the containerd that dockerd starts ends with it. Errors: the daemon's last words. */
export async function startStockEngine(options: StockEngineOptions): Promise<RunningEngine> {
  const at = (...parts: string[]) => join(options.folder, ...parts);
  mkdirSync(at("home"), { recursive: true });
  const host = `unix://${at("docker.sock")}`;
  const logPath = join(options.logs ?? options.folder, "stock-dockerd.log");
  const log = Bun.file(logPath);
  const dockerd = Bun.spawn(
    [
      ...(options.prefix ?? []),
      STOCK_DOCKERD,
      ...["--data-root", options.dataRoot ?? at("root"), "--exec-root", at("exec"), "-p", at("docker.pid")],
      ...["-H", host],
      ...(options.containerd === undefined ? [] : ["--containerd", options.containerd]),
      ...(options.flags ?? []),
    ],
    { stdin: "ignore", stdout: log, stderr: log },
  );
  await appears(at("docker.sock"), dockerd, logPath);
  return {
    host,
    dockerd,
    docker: (...args) =>
      runClient({ client: options.client ?? STOCK_CLIENT, host, home: at("home"), env: process.env }, args),
    async stop() {
      dockerd.kill("SIGTERM");
      await dockerd.exited;
    },
  };
}
