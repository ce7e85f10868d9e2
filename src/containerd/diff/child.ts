import { systemError } from "../../errors/errors.ts";

/** This program's own command line with other arguments; from source it is Bun that runs it. */
function ownCommand(args: string[]): { cmd: string[]; argv0?: string } {
  const compiled = Bun.main.startsWith("/$bunfs/");
  return compiled
    ? { cmd: [process.execPath, ...args], argv0: "docker-containerd" }
    : { cmd: [process.execPath, Bun.main, "docker-containerd", ...args] };
}

export interface Child {
  readonly output: ReadableStream<Uint8Array>;
  /** Resolves at its end. Errors: what it wrote on stderr. */
  readonly finished: Promise<void>;
}

/** Starts a part of this program in a process of its own. */
export function spawnChild(args: string[], what: string, signal?: AbortSignal): Child {
  const child = Bun.spawn({
    ...ownCommand(args),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(signal ? { signal } : {}),
  });
  const finished = async () => {
    const [stderr] = await Promise.all([child.stderr.text(), child.exited]);
    if (child.exitCode !== 0)
      throw systemError(`${what}: ${stderr.trim() || `ended with ${child.signalCode ?? child.exitCode}`}`);
  };
  const end = finished();
  // Whoever stops reading half way has an error of their own.
  end.catch(() => {});
  return { output: child.stdout, finished: end };
}

/** Runs a part of this program and returns what it prints. Errors: what it wrote on stderr. */
export async function runChild(args: string[], what: string, signal?: AbortSignal): Promise<string> {
  const { output, finished } = spawnChild(args, what, signal);
  const [stdout] = await Promise.all([output.text(), finished]);
  return stdout;
}
