/** A docker client bound to one cell: its program, its host, its runtime. */

import { join } from "node:path";
import { type Result, runCommand } from "../lib/command.ts";

/** An emulated machine is slow. */
const LIMIT_MS = process.env["PEQUOD_VM"] ? 400_000 : 60_000;

export class Client {
  readonly #program: string;
  readonly #env: Record<string, string | undefined>;
  readonly runtime: string;
  /** Commands that the cell cannot have, with stock's parts alone neither. */
  readonly without: ReadonlySet<string>;

  constructor(program: string, host: string, folder: string, runtime: string, without: string[] = []) {
    this.#program = program;
    this.without = new Set(without);
    this.#env = { PATH: process.env["PATH"], HOME: join(folder, "home"), DOCKER_HOST: host };
    this.runtime = runtime;
  }

  /** Runs a command to its end. */
  run(args: string[], stdin = ""): Promise<Result> {
    return runCommand([this.#program, ...args], { env: this.#env, stdin, timeout: LIMIT_MS });
  }

  /** Attached to a container until it ends; the input stays open, at whose end stock dockerd would let us go. */
  async attached(name: string, input: string): Promise<Result> {
    const child = Bun.spawn([this.#program, "attach", name], {
      env: this.#env,
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
    });
    child.stdin.write(input);
    await child.stdin.flush();
    const output = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    const code = await child.exited;
    child.stdin.end();
    const [stdout, stderr] = await output;
    return { code, stdout, stderr };
  }

  /** What it printed, trimmed. Throws when it fails. */
  async ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args);
    if (code === 0) return stdout.trim();
    const said = stderr.trim().split("\n")[0] ?? "";
    throw new Error(`docker ${args[0]}: exit code ${code}: ${said}`);
  }

  /** Arguments of `docker run` or `create` for this cell's runtime. */
  container(verb: "run" | "create", options: string[], ...command: string[]): string[] {
    return [verb, "--runtime", `x-${this.runtime}`, ...options, "busybox", ...command];
  }

  /** A command on a terminal of a size that `talk` may change. Resolves to the exit code. */
  async onTerminal(
    args: string[],
    talk: (
      terminal: { write(text: string): void; resize(columns: number, rows: number): void },
      seen: () => string,
    ) => Promise<void>,
  ): Promise<number> {
    let output = "";
    const decoder = new TextDecoder();
    const child = Bun.spawn([this.#program, ...args], {
      env: { ...this.#env, TERM: "xterm" },
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
      terminal: {
        cols: 111,
        rows: 33,
        data(_terminal, data) {
          output += decoder.decode(data, { stream: true });
        },
      },
    });
    const terminal = child.terminal!;
    await talk(
      {
        write: (text) => void terminal.write(text),
        resize: (columns, rows) => terminal.resize(columns, rows),
      },
      () => output,
    );
    return child.exited;
  }
}
