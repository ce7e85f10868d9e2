/** docker-containerd, or stock containerd, on private folders, and the two command line tools to drive it. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../../hack/lib/busybox-image.ts";
import { appears } from "../../hack/lib/chain.ts";
import { runCommand } from "../../hack/lib/command.ts";
import { BIN, type Result } from "./engine.ts";

export type Tool = "ctr" | "docker-containerd-ctr";

export interface CtrOptions {
  tool?: Tool;
  stdin?: ReadableStream | Uint8Array | string;
  /** In place of "default". */
  namespace?: string;
}

export interface TestContainerd {
  readonly folder: string;
  readonly socket: string;
  readonly process: Bun.Subprocess;
  /** Runs a tool (stock ctr unless told otherwise) to its end. */
  ctr(args: string[], options?: CtrOptions): Promise<Result>;
  /** Runs stock ctr and returns its stdout, trimmed. Throws when it fails. */
  ok(...args: string[]): Promise<string>;
  log(): Promise<string>;
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends all tasks and the daemon, and removes the folder. */
  stop(): Promise<void>;
}

export interface ContainerdOptions {
  kind?: "ours" | "stock";
  /** Further lines of stock containerd's config.toml. */
  config?: string;
  /** Further flags of docker-containerd. */
  flags?: string[];
  /** OCI runtime of docker-containerd; docker-runc unless told otherwise. */
  runtime?: string;
}

function commandOf(folder: string, socket: string, options: ContainerdOptions): string[] {
  if (options.kind === "stock") {
    const config = join(folder, "config.toml");
    writeFileSync(
      config,
      `version = 2\nroot = "${folder}/root"\nstate = "${folder}/state"\n` +
        `disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "${socket}"\n${options.config ?? ""}`,
    );
    return ["containerd", "-c", config];
  }
  const runtime = options.runtime ?? process.env["PEQUOD_RUNTIME"] ?? join(BIN, "docker-runc");
  return [
    ...[join(BIN, "docker-containerd"), "--runtime", runtime, "--shim", join(BIN, "docker-containerd-shim")],
    ...["-l", `unix://${socket}`, "--root", join(folder, "root"), "--state", join(folder, "state")],
    ...(options.flags ?? []),
  ];
}

/** Starts one and waits until it answers. */
export async function startContainerd(options: ContainerdOptions = {}): Promise<TestContainerd> {
  const folder = mkdtempSync("/tmp/pequod-containerd-");
  const socket = join(folder, "c.sock");
  const command = commandOf(folder, socket, options);
  const log = join(folder, "log");
  let daemon: Bun.Subprocess;
  const self: TestContainerd = {
    folder,
    socket,
    get process() {
      return daemon;
    },
    ctr: (args, run = {}) => runTool(socket, args, run),
    async ok(...args) {
      const { code, stdout, stderr } = await self.ctr(args);
      if (code !== 0) throw new Error(`ctr ${args.join(" ")}: exit code ${code}\n${stderr}${stdout}`);
      return stdout.trim();
    },
    log: () => Bun.file(log).text(),
    async kill() {
      daemon.kill(9);
      await daemon.exited;
    },
    async start() {
      daemon = Bun.spawn(command, { stdin: "ignore", stdout: Bun.file(log), stderr: Bun.file(log) });
      await appears(socket, daemon, log);
    },
    async stop() {
      await removeAll(self);
      daemon.kill();
      await daemon.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await self.start();
  return self;
}

/** Imports busybox and returns its full name. */
export async function importBusybox(containerd: TestContainerd): Promise<string> {
  const archive = join(containerd.folder, "busybox.tar");
  writeBusyboxImage(archive);
  await containerd.ok("images", "import", archive);
  return "docker.io/library/busybox:latest";
}

const LIMIT_MS = 30_000;

/** Runs one of the tools to its end; one that hangs is killed and has the exit code null's stand-in 137. */
export function runTool(socket: string, args: string[], options: CtrOptions = {}): Promise<Result> {
  const tool = options.tool ?? "ctr";
  const program = tool === "ctr" ? tool : join(BIN, tool);
  const { stdin } = options;
  const command = [program, "-a", socket, "-n", options.namespace ?? "default", ...args];
  return runCommand(command, { timeout: LIMIT_MS, ...(stdin === undefined ? {} : { stdin }) });
}

async function removeAll(containerd: TestContainerd): Promise<void> {
  const namespaces = (await containerd.ctr(["namespaces", "ls", "-q"])).stdout.split("\n").filter(Boolean);
  for (const namespace of namespaces) {
    const { stdout } = await containerd.ctr(["tasks", "ls", "-q"], { namespace });
    for (const id of stdout.split("\n").filter(Boolean))
      await containerd.ctr(["tasks", "rm", "-f", id], { namespace });
  }
}
