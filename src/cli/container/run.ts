import type { Cli } from "../cli.ts";
import { defineCommand, type ExitError } from "../command.ts";
import { describe } from "../describe.ts";
import { attach, detachKeysOf } from "../stream/attach.ts";
import { checkTty } from "../stream/check-tty.ts";
import { endOnSignal } from "../stream/end-on-signal.ts";
import { waitForExit } from "../stream/exit-status.ts";
import { forwardSignals } from "../stream/signals.ts";
import { Detached, joinStreams } from "../stream/stream.ts";
import { followTtySize } from "../stream/tty-size.ts";
import { type Creation, createContainer } from "./create-container.ts";
import { creationOf, withHelp } from "./creation.ts";
import { containerPath } from "./path.ts";
import { RUN_FLAGS } from "./run-flags.ts";

const FAILED = 125;
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

export default defineCommand({
  usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]",
  summary: "Create and run a container from an image",
  aliases: ["docker container run", "docker run"],
  count: { least: 1 },
  flags: RUN_FLAGS,
  stopAtFirst: true,
  async run(cli, invocation) {
    const { flags } = invocation;
    const creation = creationOf(cli, invocation, "run");
    const { body } = creation;
    if (!flags.detach) checkTty(cli, body.AttachStdin === true, flags.tty);
    else detachFrom(creation, flags.attach);
    const id = await createContainer(cli, creation).catch((error) => Promise.reject(statusError(error)));
    if (flags["sig-proxy"]) forwardSignals(cli, id);
    else endOnSignal();
    if (body.AttachStdin || body.AttachStdout || body.AttachStderr)
      return runAttached(cli, id, creation, detachKeysOf(cli, flags["detach-keys"]));
    cli.out(`${id}\n`);
    await start(cli, id);
    return 0;
  },
});

function detachFrom({ body }: Creation, attached: string[]): void {
  if (attached.length > 0) throw new Error("conflicting options: cannot specify both --attach and --detach");
  Object.assign(body, { AttachStdin: false, AttachStdout: false, AttachStderr: false, StdinOnce: false });
}

/** Attach and wait are on their way together; only when the engine has both does the container start. */
async function runAttached(cli: Cli, id: string, { body }: Creation, detachKeys: string): Promise<number> {
  const [stdin, stdout, stderr] = [body.AttachStdin, body.AttachStdout, body.AttachStderr].map(Boolean) as [
    boolean,
    boolean,
    boolean,
  ];
  const tty = body.Tty === true;
  const [connection, waiting] = await Promise.all([
    attach(cli, id, { stdin, stdout, stderr, detachKeys }),
    waitForExit(cli, id, body.HostConfig.AutoRemove === true),
  ]);
  const streams = joinStreams(cli, { connection, tty, stdin, output: stdout || stderr, detachKeys });
  streams.catch(() => {});
  try {
    await start(cli, id);
  } catch (error) {
    connection.close();
    await streams.catch(() => {});
    if (body.HostConfig.AutoRemove) await waiting.status;
    throw error;
  }
  if (tty && cli.isTerminal(1)) void followTtySize(cli, containerPath(id, "/resize"));
  return endOf(streams, waiting.status, stdout || stderr);
}

/** The container's exit code when its output has been read to the end; 0 when the user has detached. */
async function endOf(streams: Promise<void>, status: Promise<number>, output: boolean): Promise<number> {
  try {
    await (output ? streams : Promise.race([streams, status]));
  } catch (error) {
    if (error instanceof Detached) return 0;
    throw error;
  }
  return status;
}

async function start(cli: Cli, id: string): Promise<void> {
  try {
    await cli.client.call("POST", containerPath(id, "/start"));
  } catch (error) {
    throw statusError(error);
  }
}

/** The engine's refusal with the exit code of its cause: 127 no such command, 126 one that cannot run, else 125. */
function statusError(error: unknown): ExitError {
  const message = describe(error);
  const has = (...texts: string[]) => texts.some((text) => message.includes(text));
  if (has("executable file not found", "no such file or directory", "system cannot find the file specified"))
    return withHelp(message, "run", NOT_FOUND);
  if (has("permission denied", "is a directory")) return withHelp(message, "run", NOT_EXECUTABLE);
  return withHelp(message, "run", FAILED);
}
