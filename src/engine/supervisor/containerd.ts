/**
 * dockerd's own docker-containerd: started when nobody named another, watched, and started again when it dies.
 * It is adopted, not started twice, when a dockerd before us was killed and left it running.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf, unavailable } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import type { Logger } from "../../log/log.ts";
import { answers } from "../startup/listen.ts";
import { readPid } from "../startup/pidfile.ts";

export interface SupervisorOptions {
  /** Path of docker-containerd. */
  program: string;
  /** Persistent state. */
  root: string;
  /** Socket, pid file and running state. */
  state: string;
  debug: boolean;
  log: Logger;
}

const START_DEADLINE_MS = 15_000;
const POLL_MS = 5;
const RESTART_DELAYS_MS = [100, 500, 2_000, 10_000];

export class ContainerdSupervisor {
  readonly socket: string;
  readonly #options: SupervisorOptions;
  readonly #pidFile: string;
  #stopping = false;
  #pid: number | undefined;
  #failures = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.socket = join(options.state, "docker-containerd.sock");
    this.#pidFile = join(options.state, "docker-containerd.pid");
  }

  /** Resolves when containerd takes connections. Errors: unavailable. */
  async start(): Promise<void> {
    mkdirSync(this.#options.state, { recursive: true, mode: 0o711 });
    mkdirSync(this.#options.root, { recursive: true, mode: 0o711 });
    const former = readPid(this.#pidFile);
    if (former !== undefined && isContainerd(former) && (await answers(this.socket))) {
      this.#options.log.info("containerd is still running and taken over", {
        pid: former,
        address: this.socket,
      });
      this.#pid = former;
      this.#watchAdopted(former);
      return;
    }
    await this.#spawn();
  }

  async #spawn(): Promise<void> {
    const { program, root, state, debug, log } = this.#options;
    const command = [
      program,
      "-l",
      `unix://${this.socket}`,
      "--root",
      root,
      "--state",
      join(state, "daemon"),
    ];
    if (debug) command.push("--debug");
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
    child.unref();
    this.#pid = child.pid;
    writeAtomic(this.#pidFile, String(child.pid), { durability: "crash" });
    let ended = false;
    void child.exited.then((code) => {
      ended = true;
      this.#onExit(`exit code ${code}`);
    });
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!(await answers(this.socket))) {
      if (ended)
        throw unavailable(
          `${program} ended with exit code ${child.exitCode} before it took connections: its error is above`,
        );
      if (Date.now() > deadline)
        throw unavailable(
          `${program} does not take connections on ${this.socket} after ${START_DEADLINE_MS / 1000} s`,
        );
      await Bun.sleep(POLL_MS);
    }
    log.info("started containerd", { pid: child.pid, address: this.socket });
  }

  /** A process that is not our child cannot be waited for; its pidfd becomes readable, but polling is enough here. */
  #watchAdopted(pid: number): void {
    const timer = setInterval(() => {
      if (isContainerd(pid)) return;
      clearInterval(timer);
      this.#onExit("it was adopted, so its exit code is not known");
    }, 500);
    timer.unref();
  }

  #onExit(how: string): void {
    this.#pid = undefined;
    if (this.#stopping) return;
    const delay = RESTART_DELAYS_MS[Math.min(this.#failures++, RESTART_DELAYS_MS.length - 1)]!;
    this.#options.log.warn("containerd ended and is started again; containers go on meanwhile", {
      how,
      delay: `${delay}ms`,
    });
    setTimeout(() => {
      if (this.#stopping) return;
      this.#spawn().then(
        () => {
          this.#failures = 0;
        },
        (error: unknown) =>
          this.#options.log.error("containerd cannot be started", { error: messageOf(error) }),
      );
    }, delay).unref();
  }

  /** Ends containerd and waits for it; containers that still run go on under their shims. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const pid = this.#pid;
    if (pid === undefined) return;
    try {
      process.kill(pid, "SIGTERM");
    } catch {
      return;
    }
    const deadline = Date.now() + START_DEADLINE_MS;
    while (isContainerd(pid) && Date.now() < deadline) await Bun.sleep(POLL_MS);
    if (isContainerd(pid)) process.kill(pid, "SIGKILL");
  }
}

function isContainerd(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("containerd");
  } catch {
    return false;
  }
}
