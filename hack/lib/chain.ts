/** Starts docker-containerd and dockerd on private folders and sockets, and ends them again. */
import { mkdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

export interface ChainOptions {
  /** Folder for data root, sockets and logs; must exist. */
  folder: string;
  /** Folder for the daemons' logs; default `folder`. */
  logs?: string;
  client: string;
  /** Folder with dockerd and the other daemon programs. PEQUOD_RUNTIME names another OCI runtime than docker-runc. */
  daemonPrograms: string;
  /** Further flags of dockerd. */
  flags?: string[];
  /** What the daemons' command lines are put behind, such as a program that gives them a network of their own. */
  prefix?: string[];
  /** Milliseconds that dockerd may take to serve. */
  patience?: number;
  /** Start dockerd with -D; default true. */
  debug?: boolean;
}

/** An engine that answers on a socket of its own. */
export interface RunningEngine {
  /** unix://... for DOCKER_HOST. */
  host: string;
  dockerd: Bun.Subprocess;
  /** Runs the client and returns what it printed. */
  docker(...args: string[]): { code: number; output: string };
  stop(): Promise<void>;
}

export interface Chain extends RunningEngine {
  containerd: Bun.Subprocess;
}

export interface ClientCall {
  /** The client's program. */
  client: string;
  host: string;
  /** HOME: where the client's configuration is. */
  home: string;
  env: NodeJS.ProcessEnv;
}

/** Runs a client to its end. */
export function runClient(call: ClientCall, args: string[]): { code: number; output: string } {
  const child = Bun.spawnSync([call.client, ...args], {
    env: { ...call.env, DOCKER_HOST: call.host, HOME: call.home },
    stdin: "ignore",
  });
  return { code: child.exitCode, output: child.stdout.toString() + child.stderr.toString() };
}

const DEADLINE_MS = 60_000;

/** Resolves when the API answers. Errors: the daemon's own last words. */
export async function startChain(options: ChainOptions): Promise<Chain> {
  const at = (...parts: string[]) => join(options.folder, ...parts);
  const logAt = (name: string) => join(options.logs ?? options.folder, name);
  const bin = (name: string) => join(options.daemonPrograms, name);
  const socket = at("containerd.sock");
  const env = { ...process.env, PATH: `${options.daemonPrograms}:${process.env["PATH"]}` };
  mkdirSync(at("home"), { recursive: true });
  const spawn = (log: string, command: string[]) =>
    Bun.spawn([...(options.prefix ?? []), ...command], {
      env,
      stdin: "ignore",
      stdout: Bun.file(logAt(log)),
      stderr: Bun.file(logAt(log)),
    });

  const containerd = spawn("containerd.log", [
    bin("docker-containerd"),
    "--runtime",
    process.env["PEQUOD_RUNTIME"] ?? bin("docker-runc"),
    "--shim",
    bin("docker-containerd-shim"),
    "-l",
    `unix://${socket}`,
    "--root",
    at("containerd"),
    "--state",
    at("containerd-state"),
  ]);
  await appears(socket, containerd, logAt("containerd.log"));
  const host = `unix://${at("docker.sock")}`;
  const dockerd = spawn("dockerd.log", [
    bin("dockerd"),
    ...((options.debug ?? true) ? ["-D"] : []),
    "-g",
    at("root"),
    "--exec-root",
    at("exec"),
    "-H",
    host,
    "-p",
    at("docker.pid"),
    "--containerd",
    socket,
    ...(options.flags ?? []),
  ]);
  try {
    await appears(at("docker.sock"), dockerd, logAt("dockerd.log"), options.patience);
  } catch (error) {
    containerd.kill("SIGTERM");
    await containerd.exited;
    throw error;
  }

  const chain: Chain = {
    host,
    containerd,
    dockerd,
    docker: (...args) => runClient({ client: options.client, host, home: at("home"), env }, args),
    /** Ends the daemons that it has now: tests put others in their place. */
    async stop() {
      for (const daemon of [chain.dockerd, chain.containerd]) {
        daemon.kill("SIGTERM");
        await daemon.exited;
      }
    },
  };
  return chain;
}

/** True if a process takes connections there; a socket's name alone may be left from one that was killed. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Waits for a socket; a daemon that ends before it made one has said why in its log. */
export async function appears(
  socket: string,
  daemon: Bun.Subprocess,
  log: string,
  patience = DEADLINE_MS,
): Promise<void> {
  const deadline = Date.now() + patience;
  while (!(await answers(socket))) {
    const ended = daemon.exitCode !== null || daemon.signalCode !== null;
    if (ended || Date.now() > deadline) {
      const words = (await Bun.file(log).text()).trim().split("\n").slice(-5).join("\n");
      throw new Error(`${ended ? "ended" : "silent"} before ${socket} was there:\n${words}`);
    }
    await Bun.sleep(2);
  }
}
