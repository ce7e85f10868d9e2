/** The OCI runtime's command line: one method a command, errors with the runtime's own words. */
import { type EngineError, messageOf, notFound, systemError } from "../errors/errors.ts";
import { closeFd, O_NONBLOCK, O_RDWR, openFd, pipe, readFd, readSmallFile } from "../linux/fd.ts";
import { spawn } from "../linux/spawn.ts";
import { ENDS_WITH, ERRORS_ARE_LOGGED, isSameBuild, SHORT_LIVED_SETTINGS } from "../version/same-build.ts";
import type { Launch } from "./process.ts";
import type { Reaper } from "./reaper.ts";
import { lastLoggedError } from "./runtime-log.ts";

export interface RuntimeOptions {
  /** Absolute path of the runtime. */
  binary: string;
  /** --root: where the runtime keeps its state. */
  root: string;
  bundle: string;
  systemdCgroup: boolean;
}

/** stdin, stdout, stderr of the command; container processes without a terminal inherit them. */
export type Stdio = readonly [number, number, number];

export interface CreateRequest {
  id: string;
  /** Where the id of the container's process is written to. */
  pidFile: string;
  noPivot: boolean;
  noNewKeyring: boolean;
}

/** Variables that tune the shim's own JavaScript engine and are no business of its children. */
const OWN_VARIABLE = /^(BUN_JSC|MIMALLOC)_/;

/** The environment for children, as "NAME=value". */
export function childEnvironment(extra: readonly string[] = []): string[] {
  const inherited = Object.entries(process.env).filter(([name]) => !OWN_VARIABLE.test(name));
  return [...inherited.map(([name, value]) => `${name}=${value ?? ""}`), ...extra];
}

/** For docker-runc itself, settings that let it start faster and keep the container's stderr clean. */
function runtimeSettings(): string[] {
  const own = { [ERRORS_ARE_LOGGED]: "1", [ENDS_WITH]: String(process.pid) };
  return Object.entries({ ...SHORT_LIVED_SETTINGS, ...own }).map(([name, value]) => `${name}=${value}`);
}

/** The OCI runtime of a task, by its command line. */
export class Runtime {
  readonly options: RuntimeOptions;
  /** Whether it is docker-runc of this build: this very program under another name. */
  readonly #own: boolean;
  readonly #settings: string[];
  readonly #reaper: Reaper;
  readonly #log: string;

  constructor(options: RuntimeOptions, reaper: Reaper) {
    this.options = options;
    this.#own = isSameBuild(options.binary);
    this.#settings = this.#own ? runtimeSettings() : [];
    this.#reaper = reaper;
    this.#log = `${options.bundle}/log.json`;
  }

  /**
   * Runs a command to its end. `what` opens the error message, as in "OCI runtime create failed".
   * Without `stdio`, output is kept for the error message.
   */
  async run(what: string, args: readonly string[], stdio?: Stdio): Promise<void> {
    const { exit, output } =
      stdio === undefined ? await this.#runQuiet(args) : await this.#runWith(args, stdio);
    if (exit === 0) return;
    const reason = this.#lastError() ?? output;
    throw runtimeError(what, reason === "" ? `${this.options.binary} ended with exit code ${exit}` : reason);
  }

  /** Creates a container, which then waits. */
  create(request: CreateRequest, how: Launch): Promise<void> {
    return this.run(
      "OCI runtime create failed",
      createArguments(this.options.bundle, request, how),
      how.stdio,
    );
  }

  /** Starts a created container: here, if the runtime is this very program and the container a plain one. */
  async start(id: string): Promise<void> {
    const what = "OCI runtime start failed";
    if (
      !(await this.#here(what, async () =>
        (await import("../runtime/plain.ts")).startPlain(this.options.root, id),
      ))
    )
      await this.run(what, ["start", id]);
  }

  /** Removes a container that has stopped: here, as above. */
  async delete(id: string): Promise<void> {
    const what = "failed to delete task";
    if (
      !(await this.#here(what, async () =>
        (await import("../runtime/plain.ts")).deletePlain(this.options.root, id),
      ))
    )
      await this.run(what, ["delete", id]);
  }

  async #here(what: string, work: () => Promise<boolean>): Promise<boolean> {
    if (!this.#own) return false;
    try {
      return await work();
    } catch (error) {
      throw runtimeError(what, messageOf(error));
    }
  }

  async #runWith(args: readonly string[], stdio: Stdio): Promise<{ exit: number; output: string }> {
    const { binary, root, systemdCgroup } = this.options;
    const argv = [binary, "--root", root, "--log", this.#log, "--log-format", "json"];
    if (systemdCgroup) argv.push("--systemd-cgroup");
    const pid = spawn({
      path: binary,
      argv: [...argv, ...args],
      env: childEnvironment(this.#settings),
      fds: stdio,
    });
    const { status } = await this.#reaper.exitOf(pid);
    return { exit: status, output: "" };
  }

  async #runQuiet(args: readonly string[]): Promise<{ exit: number; output: string }> {
    const none = openFd("/dev/null", O_RDWR);
    const [reader, writer] = pipe(O_NONBLOCK);
    try {
      const { exit } = await this.#runWith(args, [none, writer, writer]);
      return { exit, output: exit === 0 ? "" : readWaiting(reader) };
    } finally {
      for (const fd of [none, reader, writer]) closeFd(fd);
    }
  }

  /** The last error that the runtime logged. */
  #lastError(): string | undefined {
    try {
      return lastLoggedError(readSmallFile(this.#log));
    } catch {
      return undefined;
    }
  }
}

function createArguments(bundle: string, request: CreateRequest, how: Launch): string[] {
  return [
    "create",
    "--bundle",
    bundle,
    "--pid-file",
    request.pidFile,
    ...(how.consoleSocket === undefined ? [] : ["--console-socket", how.consoleSocket]),
    ...(request.noPivot ? ["--no-pivot"] : []),
    ...(request.noNewKeyring ? ["--no-new-keyring"] : []),
    request.id,
  ];
}

function readWaiting(fd: number): string {
  const buffer = new Uint8Array(65536);
  try {
    return new TextDecoder().decode(buffer.subarray(0, readFd(fd, buffer))).trim();
  } catch {
    return "";
  }
}

function runtimeError(what: string, reason: string): EngineError {
  if (/process already finished|container not running|no such process|container does not exist/i.test(reason))
    return notFound("process already finished: not found");
  return systemError(`${what}: ${reason}`);
}

/** Finds the runtime: as named by the client, else docker-runc beside this executable, else runc in PATH. */
export function findRuntime(name: string): string {
  if (name.startsWith("/")) return name;
  const own = process.execPath.slice(0, process.execPath.lastIndexOf("/"));
  const found =
    name === ""
      ? (Bun.which("docker-runc", { PATH: own }) ?? Bun.which("runc"))
      : (Bun.which(name) ?? Bun.which(name, { PATH: own }));
  if (found !== null) return found;
  throw notFound(
    `OCI runtime ${JSON.stringify(name || "docker-runc")} not found in PATH=${process.env["PATH"] ?? ""} nor in ${own}: install it, or name its absolute path`,
  );
}
