import { messageOf } from "../errors/errors.ts";
import { versionLine } from "../version/version.ts";
import { type Flags, parseFlags } from "./flags.ts";

/** Runs the action that the arguments ask for; an error is one line on stderr and exit code 1. */
export async function runShim(args: readonly string[]): Promise<void> {
  try {
    await act(parseFlags(args));
  } catch (error) {
    process.stderr.write(`docker-containerd-shim: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

async function act(flags: Flags): Promise<void> {
  if (flags.version) {
    process.stdout.write(`${versionLine("docker-containerd-shim")}\n`);
    return;
  }
  if (flags.namespace === "") throw new Error("shim namespace cannot be empty");
  if (flags.action === "start") {
    const { start } = await import("./start.ts");
    process.stdout.write(start(flags));
  } else if (flags.action === "delete") {
    const { remove } = await import("./remove.ts");
    process.stdout.write(await remove(flags));
  } else if (flags.action === "") {
    const { runDaemon } = await import("./daemon.ts");
    runDaemon(flags);
  } else throw new Error(`unknown action ${flags.action}: want start or delete`);
}
