/** The chain under fire: daemons that are started again whenever they die, and counts of how often that was. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { appears } from "../lib/chain.ts";
import { Api } from "./api.ts";
import { lives, processes } from "./processes.ts";
import { watchOver } from "./sweep.ts";

export interface Totals {
  rounds: number;
  kills: Record<string, number>;
  recoveries: number;
}

/** Of daemons in one mend(), before it gives up. */
const MOST_STARTS = 8;

/** The runtime whose every step is a process of its own. */
export const OTHER_BUILD = "copy";

const CONNECT_MS = 20_000;

type DaemonName = "dockerd" | "docker-containerd";

export class ChaosChain {
  readonly folder = mkdtempSync("/tmp/pequod-chaos-");
  readonly bin: string;
  readonly api: Api;
  /** Sweeps everything away once this process ends, however that is. */
  readonly #watchdog: Bun.Subprocess;
  /** A copy, which the shim does not take for its own build's, and so runs for each step. */
  readonly #otherRuntime: string;
  starts = 0;
  readonly #daemons = new Map<DaemonName, Bun.Subprocess>();
  #stopping = false;

  constructor(bin: string) {
    this.bin = bin;
    this.api = new Api(join(this.folder, "docker.sock"));
    this.#watchdog = watchOver(this.folder);
    mkdirSync(join(this.folder, "home"));
    this.#otherRuntime = join(this.folder, "docker-runc");
    copyFileSync(join(bin, "docker-runc"), this.#otherRuntime);
  }

  at(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  #command(name: DaemonName): { command: string[]; socket: string } {
    const program = join(this.bin, name);
    if (name === "docker-containerd")
      return {
        socket: this.at("c.sock"),
        command: [
          ...[program, "--runtime", join(this.bin, "docker-runc"), "-l", `unix://${this.at("c.sock")}`],
          ...["--shim", join(this.bin, "docker-containerd-shim")],
          ...["--root", this.at("c-root"), "--state", this.at("c-state"), "--debug"],
        ],
      };
    return {
      socket: this.at("docker.sock"),
      command: [
        ...[
          program,
          "-D",
          "--data-root",
          this.at("root"),
          "--exec-root",
          this.at("exec"),
          "-p",
          this.at("pid"),
        ],
        ...["-H", `unix://${this.at("docker.sock")}`, "--containerd", this.at("c.sock"), "--live-restore"],
        ...["--add-runtime", `x=${join(this.bin, "docker-runc")}`, "--default-runtime", "x"],
        ...["--add-runtime", `${OTHER_BUILD}=${this.#otherRuntime}`],
      ],
    };
  }

  async #start(name: DaemonName): Promise<void> {
    const { command, socket } = this.#command(name);
    const log = this.at(`${name}-${this.starts++}.log`);
    const child = Bun.spawn(command, {
      env: {
        ...process.env,
        PATH: `${this.bin}:${process.env["PATH"]}`,
        PEQUOD_FAULT: this.at("fault"),
        // In a round, shims fall asleep and wake up.
        PEQUOD_SHIM_SLEEPY: process.env["PEQUOD_SHIM_SLEEPY"] ?? "150",
      },
      stdin: "ignore",
      stdout: Bun.file(log),
      stderr: Bun.file(log),
    });
    this.#daemons.set(name, child);
    await appears(socket, child, log).catch((error: unknown) => {
      // One that was killed while it started, or gave up because the other one was, is started again by mend().
      if (child.exitCode === null && child.signalCode === null) throw error;
    });
  }

  alive(name: DaemonName): boolean {
    const child = this.#daemons.get(name);
    // A child that has died just now may not have been heard of yet.
    return child !== undefined && child.exitCode === null && child.signalCode === null && lives(child.pid);
  }

  pidOf(name: DaemonName): number {
    return this.#daemons.get(name)?.pid ?? 0;
  }

  /** Sends SIGKILL and waits for the end. */
  async kill(name: DaemonName): Promise<void> {
    const child = this.#daemons.get(name);
    child?.kill("SIGKILL");
    await child?.exited;
  }

  /** Has a process of the chain die at a point in its code (see src/files/fault.ts); "" for none any more. */
  arm(fault: string): void {
    writeFileSync(this.at("fault.new"), fault);
    renameSync(this.at("fault.new"), this.at("fault"));
  }

  /** Starts what is dead, dockerd while docker-containerd is coming up; returns how many that were. */
  async mend(): Promise<number> {
    let mended = 0;
    const dead = () => (["docker-containerd", "dockerd"] as const).filter((name) => !this.alive(name));
    for (let names = dead(); names.length > 0 && !this.#stopping; names = dead()) {
      if (mended >= MOST_STARTS) throw new Error(`${names} does not come up:\n${this.lastWords()}`);
      await Promise.all(names.map((name) => this.#start(name)));
      mended += names.length;
    }
    return mended;
  }

  /** Waits until dockerd has found docker-containerd again; false if one of them dies meanwhile. */
  async connected(): Promise<boolean> {
    const deadline = Date.now() + CONNECT_MS;
    type Version = { Components?: { Name: string; Version: string }[] };
    for (;;) {
      const version = await this.api.get<Version>("/version").catch(() => undefined);
      const containerd = version?.Components?.find(({ Name }) => Name === "containerd");
      if (containerd && containerd.Version !== "unreachable") return true;
      if (!this.alive("dockerd") || !this.alive("docker-containerd")) return false;
      if (Date.now() > deadline) throw new Error(`dockerd does not find containerd:\n${this.lastWords()}`);
      await Bun.sleep(20);
    }
  }

  /** Runs the client. */
  async docker(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = Bun.spawn([join(this.bin, "docker"), ...args], {
      env: { ...process.env, DOCKER_HOST: `unix://${this.at("docker.sock")}`, HOME: this.at("home") },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: 40_000,
      killSignal: "SIGKILL",
    });
    const [stdout, stderr, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, stdout, stderr };
  }

  /** Processes of a program that belong to this chain, by what their command line names. */
  pidsOf(program: string): number[] {
    return (
      processes()
        // A shim that sleeps has no path in its command line.
        .filter(({ argv: [name = ""] }) => name === program || name.endsWith(`/${program}`))
        .filter(({ argv }) => argv.some((arg) => arg.includes(this.folder)))
        .map(({ pid }) => pid)
    );
  }

  /** Whether the fault of a round has struck. */
  hasDied(round: number): boolean {
    return existsSync(this.at(`fault-${round}`));
  }

  /** Ends the daemons in order. */
  async end(): Promise<void> {
    this.#stopping = true;
    for (const name of ["dockerd", "docker-containerd"] as const) {
      const child = this.#daemons.get(name);
      child?.kill("SIGTERM");
      await child?.exited;
    }
  }

  /** Ends the daemons, and removes all that there is. */
  async stop(): Promise<void> {
    await this.end();
    (this.#watchdog.stdin as Bun.FileSink).end();
    await this.#watchdog.exited;
  }

  /** The last lines of the daemons' logs, for a report. */
  lastWords(lines = 15): string {
    return [...this.#daemons.keys()]
      .map((name) => {
        const logs = [...new Bun.Glob(`${name}-*.log`).scanSync(this.folder)].sort(
          (a, b) => numberIn(a) - numberIn(b),
        );
        const log = logs.at(-1);
        return log && existsSync(this.at(log))
          ? `--- ${log}\n${readFileSync(this.at(log), "utf8").trim().split("\n").slice(-lines).join("\n")}`
          : "";
      })
      .join("\n");
  }
}

const numberIn = (name: string) => Number(/(\d+)\.log$/.exec(name)?.[1]);
