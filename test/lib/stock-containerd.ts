/** Stock containerd on private folders, which finds our shim under the name of its own. */

import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../hack/lib/command.ts";
import { BIN, eventually, type Result } from "./engine.ts";

const APPLETS = ["sh", "cat", "echo", "sleep", "stty", "sha256sum", "seq", "ls", "true", "tr", "head", "tty"];
const RUNTIME = Bun.which("runc") ?? "";

/**
 * A script that says a word and ends when whoever reads it has it. A process that ends at once may leave ctr without its
 * output: ctr gives up FIFOs that it has not got round to opening when the process is deleted.
 */
export const said = (word: string, code: number) =>
  `echo ${word}; until [ -e /${HEARD} ]; do sleep 0.02; done; exit ${code}`;
const HEARD = "tmp/heard";

export interface StockContainerd {
  readonly address: string;
  /** Runs ctr to its end. */
  ctr(args: string[], stdin?: Uint8Array): Promise<Result>;
  /** Runs ctr and returns its stdout, trimmed. Throws when it fails. */
  ok(...args: string[]): Promise<string>;
  /** As ctr(), for a command that ends with said(): its process goes on until its output has come through. */
  untilSaid(args: string[]): Promise<Result>;
  /** Arguments of `ctr run` for a container of busybox under our shim. */
  run(id: string, options: string[], ...command: string[]): string[];
  /** The process id of a container's shim. */
  shimOf(id: string): number;
  /** Kills containerd at once. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What is not here for these tests; "" when all is. */
export function missing(): string {
  return ["containerd", "ctr", "runc", "busybox"].filter((name) => Bun.which(name) === null).join(", ");
}

export interface StockOptions {
  /** Default runc, under which the shim itself is tested. */
  runtime?: string;
  /** Whose shim containerd finds; default ours. */
  shim?: "ours" | "stock";
}

export async function startStockContainerd(options: StockOptions = {}): Promise<StockContainerd> {
  const runtime = options.runtime ?? RUNTIME;
  const folder = mkdtempSync("/tmp/pequod-shim-");
  const socket = join(folder, "c.sock");
  const rootfs = makeRootfs(join(folder, "rootfs"));
  const path = join(folder, "path");
  mkdirSync(path);
  if (options.shim !== "stock")
    symlinkSync(join(BIN, "docker-containerd-shim"), join(path, "containerd-shim-runc-v2"));
  const config = join(folder, "config.toml");
  writeFileSync(
    config,
    `version = 2\nroot = "${folder}/root"\nstate = "${folder}/state"\n` +
      `disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "${socket}"\n`,
  );
  let daemon: Bun.Subprocess | undefined;
  const self: StockContainerd = {
    address: socket,
    ctr: (args, stdin) => runCommand(["ctr", "-a", socket, ...args], stdin ? { stdin } : {}),
    async untilSaid(args) {
      rmSync(join(rootfs, HEARD), { force: true });
      const child = Bun.spawn(["ctr", "-a", socket, ...args], {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      let stdout = "";
      const decoder = new TextDecoder();
      for await (const chunk of child.stdout) {
        stdout += decoder.decode(chunk, { stream: true });
        if (stdout.endsWith("\n")) writeFileSync(join(rootfs, HEARD), "");
      }
      return { code: await child.exited, stdout, stderr: await new Response(child.stderr).text() };
    },
    async ok(...args) {
      const { code, stdout, stderr } = await self.ctr(args);
      if (code !== 0) throw new Error(`ctr ${args.join(" ")}: exit code ${code}\n${stderr}${stdout}`);
      return stdout.trim();
    },
    run: (id, flags, ...command) => [
      ...["run", "--runc-binary", runtime, "--env", "PATH=/bin", "--rootfs"],
      ...[...flags, rootfs, id, ...command],
    ],
    shimOf: (id) =>
      Number(readFileSync(`${folder}/state/io.containerd.runtime.v2.task/default/${id}/shim.pid`, "utf8")),
    async kill() {
      daemon?.kill(9);
      await daemon?.exited;
    },
    async start() {
      const log = Bun.file(join(folder, "log"));
      daemon = Bun.spawn(["containerd", "-c", config], {
        env: { ...process.env, PATH: `${path}:${process.env["PATH"]}` },
        stdin: "ignore",
        stdout: "ignore",
        stderr: log,
      });
      await eventually(
        "containerd answers",
        () => self.ctr(["version"]),
        ({ code }) => code === 0,
      );
    },
    async stop() {
      await removeContainers(self);
      daemon?.kill();
      await daemon?.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await self.start();
  return self;
}

function makeRootfs(folder: string): string {
  for (const name of ["bin", "proc", "sys", "dev", "tmp"]) mkdirSync(join(folder, name), { recursive: true });
  copyFileSync(Bun.which("busybox")!, join(folder, "bin/busybox"));
  for (const name of APPLETS) symlinkSync("busybox", join(folder, "bin", name));
  return folder;
}

async function removeContainers(containerd: StockContainerd): Promise<void> {
  const ids = (await containerd.ok("containers", "ls", "-q")).split("\n").filter(Boolean);
  for (const id of ids) {
    await containerd.ctr(["tasks", "kill", "-s", "SIGKILL", id]);
    await eventually(
      `remove ${id}`,
      () => containerd.ctr(["containers", "rm", id]),
      ({ code, stderr }) => {
        if (code !== 0) void containerd.ctr(["tasks", "rm", "-f", id]);
        return code === 0 || stderr.includes("not found");
      },
    );
  }
}
