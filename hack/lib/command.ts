/** Commands that are run to their end. */

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  cwd?: string;
  /** The whole environment; this process's own unless given. */
  env?: Record<string, string | undefined>;
  /** What it reads; nothing unless given. */
  stdin?: string | Uint8Array | Blob | ReadableStream;
  /** Milliseconds, after which it is killed: its code is 137 then. */
  timeout?: number;
}

/** Runs a command, and collects what it says. Errors: when there is no such program. */
export async function runCommand(
  command: string[],
  { stdin, timeout, ...rest }: CommandOptions = {},
): Promise<Result> {
  const child = Bun.spawn(command, {
    ...rest,
    stdin: typeof stdin === "string" ? new Blob([stdin]) : (stdin ?? "ignore"),
    stdout: "pipe",
    stderr: "pipe",
    ...(timeout === undefined ? {} : { timeout, killSignal: "SIGKILL" as const }),
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

/** As runCommand(), for what must go well: returns what it says on stdout. */
export async function outputOf(command: string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, options);
  if (code !== 0) throw new Error(`${command.join(" ")}: exit code ${code}\n${stderr}${stdout}`);
  return stdout;
}
