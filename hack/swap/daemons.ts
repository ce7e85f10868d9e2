/** Starts one combination of daemons on private folders, kills them, and starts them again. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { appears } from "../lib/chain.ts";
import { STOCK_DOCKERD } from "../lib/stock-engine.ts";
import { type Daemons, RUNTIMES, runtimePath } from "./parts.ts";

/** Milliseconds until a daemon's socket is there; undefined: as everywhere. An emulated machine is slow. */
const PATIENCE = process.env["PEQUOD_VM"] ? 300_000 : undefined;

const STOCK_SHIM = "containerd-shim-runc-v2";

export interface RunningDaemons {
  readonly folder: string;
  readonly host: string;
  /** Sends SIGKILL and starts it again; resolves when it answers. */
  restartContainerd(): Promise<void>;
  restartDockerd(): Promise<void>;
  stop(): Promise<void>;
}

function containerdCommand({ containerd, shim }: Daemons, folder: string, bin: string): string[] {
  const socket = join(folder, "c.sock");
  const [root, state] = [join(folder, "c-root"), join(folder, "c-state")];
  if (containerd === "stock containerd") {
    const config = join(folder, "containerd.toml");
    writeFileSync(
      config,
      `version = 2\nroot = "${root}"\nstate = "${state}"\n` +
        `disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "${socket}"\n`,
    );
    return ["containerd", "-c", config];
  }
  const path = shim === "our shim" ? join(bin, "docker-containerd-shim") : Bun.which(STOCK_SHIM)!;
  return [
    ...[join(bin, "docker-containerd"), "--runtime", join(bin, "docker-runc"), "--shim", path],
    ...["-l", `unix://${socket}`, "--root", root, "--state", state],
  ];
}

function dockerdCommand({ dockerd }: Daemons, folder: string, bin: string): string[] {
  const at = (name: string) => join(folder, name);
  const runtimes = RUNTIMES.flatMap((name) => {
    const path = runtimePath(name, bin);
    return path ? ["--add-runtime", `x-${name}=${path}`] : [];
  });
  return [
    dockerd === "our dockerd" ? join(bin, "dockerd") : STOCK_DOCKERD,
    ...["--data-root", at("root"), "--exec-root", at("exec"), "-p", at("docker.pid")],
    ...["-H", `unix://${at("docker.sock")}`, "--containerd", at("c.sock"), "--live-restore", ...runtimes],
  ];
}

/** Resolves when the API answers. Errors: the daemon's own last words. */
export async function startDaemons(daemons: Daemons, bin: string): Promise<RunningDaemons> {
  const folder = mkdtempSync("/tmp/pequod-swap-");
  const path = join(folder, "path");
  mkdirSync(path);
  // Stock containerd finds our shim under the name of its own.
  if (daemons.shim === "our shim") symlinkSync(join(bin, "docker-containerd-shim"), join(path, STOCK_SHIM));
  const env = { ...process.env, PATH: `${path}:${process.env["PATH"]}` };
  const start = async (log: string, command: string[], socket: string) => {
    const file = Bun.file(join(folder, log));
    const child = Bun.spawn(command, { env, stdin: "ignore", stdout: file, stderr: file });
    await appears(join(folder, socket), child, join(folder, log), PATIENCE);
    return child;
  };
  const kill = async (child: Bun.Subprocess, signal: number) => {
    child.kill(signal);
    await child.exited;
  };
  let generation = 0;
  const startContainerd = () =>
    start(`containerd-${generation++}.log`, containerdCommand(daemons, folder, bin), "c.sock");
  const startDockerd = () =>
    start(`dockerd-${generation++}.log`, dockerdCommand(daemons, folder, bin), "docker.sock");
  let containerd = await startContainerd();
  let dockerd = await startDockerd();
  return {
    folder,
    host: `unix://${join(folder, "docker.sock")}`,
    async restartContainerd() {
      await kill(containerd, 9);
      containerd = await startContainerd();
    },
    async restartDockerd() {
      await kill(dockerd, 9);
      dockerd = await startDockerd();
    },
    async stop() {
      await kill(dockerd, 15);
      await kill(containerd, 15);
      unmountBelow(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Daemons that keep containers over their own end leave mounts; the deepest go first. */
function unmountBelow(folder: string): void {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mounts.reverse()) Bun.spawnSync(["umount", "-l", path]);
}
