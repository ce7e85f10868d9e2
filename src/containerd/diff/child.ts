import { systemError } from "../../errors/errors.ts";

/** This program's own command line with other arguments; from source it is Bun that runs it. */
function ownCommand(args: string[]): { cmd: string[]; argv0?: string } {
  const compiled = Bun.main.startsWith("/$bunfs/");
  return compiled
    ? { cmd: [process.execPath, ...args], argv0: "docker-containerd" }
    : { cmd: [process.execPath, Bun.main, "docker-containerd", ...args] };
}

/** Runs a part of this program in a process of its own and returns what it prints. Errors: what it wrote on stderr. */
export async function runChild(args: string[], what: string, signal?: AbortSignal): Promise<string> {
  const child = Bun.spawn({
    ...ownCommand(args),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(signal ? { signal } : {}),
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (child.exitCode === 0) return stdout;
  throw systemError(`${what}: ${stderr.trim() || `ended with ${child.signalCode ?? child.exitCode}`}`);
}
