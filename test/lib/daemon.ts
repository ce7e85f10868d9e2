/** One dockerd with its own containerd on private folders, for tests of how the daemon itself is set up. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BIN, eventually } from "./engine.ts";

export interface TestDaemon {
  readonly folder: string;
  readonly process: Bun.Subprocess;
  log(): string;
  stop(): Promise<void>;
}

export interface DaemonSetup {
  /** Further flags; `folder` is where everything is. */
  flags(folder: string): string[];
  /** Called before the start. */
  prepare?(folder: string): void;
  /** What dockerd's command line is put behind. */
  prefix?(folder: string): string[];
}

/** Resolves when the daemon says that it is there. Errors: its last words. */
export async function startDaemon(setup: DaemonSetup): Promise<TestDaemon> {
  const folder = mkdtempSync("/tmp/pequod-daemon-");
  setup.prepare?.(folder);
  const at = (name: string) => join(folder, name);
  const log = () => readFileSync(at("log"), "utf8");
  const daemon = Bun.spawn(
    [
      ...(setup.prefix?.(folder) ?? []),
      join(BIN, "dockerd"),
      ...["-g", at("root"), "--exec-root", at("exec"), "-p", at("pid"), "-b", "none"],
      ...setup.flags(folder),
    ],
    {
      env: { ...process.env, PATH: `${BIN}:${process.env["PATH"]}` },
      stdin: "ignore",
      stdout: Bun.file(at("log")),
      stderr: Bun.file(at("log")),
    },
  );
  await eventually("the daemon", log, (text) => {
    if (daemon.exitCode !== null) throw new Error(`dockerd ended:\n${text}`);
    return text.includes("Daemon has completed initialization");
  });
  return {
    folder,
    process: daemon,
    log,
    async stop() {
      daemon.kill("SIGTERM");
      await daemon.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A free TCP port of the loopback. */
export function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}
