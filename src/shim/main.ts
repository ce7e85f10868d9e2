import { messageOf } from "../errors/errors.ts";
import { writeFd } from "../linux/fd.ts";
import { versionLine } from "../version/version.ts";
import { type Flags, parseFlags } from "./flags.ts";

/** Runs the action that the arguments ask for; an error is one line on stderr and exit code 1. */
export async function runShim(args: readonly string[]): Promise<void> {
  try {
    await act(parseFlags(args));
  } catch (error) {
    writeFd(2, new TextEncoder().encode(`docker-containerd-shim: ${messageOf(error)}\n`));
    process.exitCode = 1;
  }
}

async function act(flags: Flags): Promise<void> {
  if (flags.version) {
    print(`${versionLine("docker-containerd-shim")}\n`);
    return;
  }
  if (flags.namespace === "") throw new Error("shim namespace cannot be empty");
  if (flags.action === "start") {
    const { start } = await import("./start.ts");
    print(start(flags));
  } else if (flags.action === "delete") {
    const { remove } = await import("./remove.ts");
    writeFd(1, await remove(flags));
  } else if (flags.action === "") {
    const { runDaemon } = await import("./daemon.ts");
    runDaemon(flags);
  } else throw new Error(`unknown action ${flags.action}: want start or delete`);
}

/** By write(2): the first use of process.stdout costs more than 6 ms, twice the rest of `start`. */
function print(text: string): void {
  writeFd(1, new TextEncoder().encode(text));
}
