import type { ContainerInspectResponse } from "../../api/schema.ts";
import type { Cli } from "../cli.ts";
import { defineCommand, ExitError } from "../command.ts";
import { describe } from "../describe.ts";
import { attach, detachKeysOf } from "../stream/attach.ts";
import { endOnSignal } from "../stream/end-on-signal.ts";
import { waitForExit } from "../stream/exit-status.ts";
import { forwardSignals } from "../stream/signals.ts";
import { Detached, joinStreams } from "../stream/stream.ts";
import { followTtySize } from "../stream/tty-size.ts";
import { containerPath } from "./path.ts";

interface Checkpoint {
  checkpoint: string | undefined;
  "checkpoint-dir": string | undefined;
}

export default defineCommand({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  summary: "Start one or more stopped containers",
  aliases: ["docker container start", "docker start"],
  count: { least: 1 },
  flags: {
    attach: { kind: "bool", short: "a", help: "Attach to stdout and stderr, and pass signals on" },
    checkpoint: { kind: "string", help: "Checkpoint to restore from" },
    "checkpoint-dir": { kind: "string", help: "Folder of the checkpoints" },
    "detach-keys": { kind: "string", help: "Key sequence to detach with" },
    interactive: { kind: "bool", short: "i", help: "Attach to the container's stdin" },
  },
  async run(cli, { args, flags }) {
    if (flags.attach || flags.interactive) {
      if (args.length > 1) throw new Error("you cannot start and attach multiple containers at once");
      return startAttached(cli, args[0]!, flags.interactive, flags["detach-keys"], flags);
    }
    if (!flags.checkpoint) return startAll(cli, args);
    if (args.length > 1) throw new Error("you cannot restore multiple containers at once");
    await start(cli, args[0]!, flags);
    return 0;
  },
});

async function start(cli: Cli, name: string, from?: Checkpoint): Promise<void> {
  const query = {
    checkpoint: from?.checkpoint || undefined,
    "checkpoint-dir": from?.["checkpoint-dir"] || undefined,
  };
  await cli.client.call("POST", containerPath(name, "/start"), { query });
}

async function startAll(cli: Cli, names: string[]): Promise<number> {
  const failed: string[] = [];
  for (const name of names) {
    try {
      await start(cli, name);
      cli.out(`${name}\n`);
    } catch (error) {
      cli.err(`${describe(error)}\n`);
      failed.push(name);
    }
  }
  if (failed.length > 0) throw new ExitError(1, `Error: failed to start containers: ${failed.join(", ")}`);
  return 0;
}

async function startAttached(
  cli: Cli,
  name: string,
  interactive: boolean,
  keys: string | undefined,
  from: Checkpoint,
): Promise<number> {
  const container = await cli.client.json<ContainerInspectResponse>("GET", containerPath(name, "/json"));
  const id = container.Id!;
  const tty = container.Config?.Tty === true;
  const stdin = interactive && container.Config?.OpenStdin === true;
  const autoRemove = container.HostConfig?.AutoRemove === true;
  if (tty) endOnSignal();
  else forwardSignals(cli, id);
  const detachKeys = detachKeysOf(cli, keys);
  const [connection, waiting] = await Promise.all([
    attach(cli, id, { stdin, stdout: true, stderr: true, detachKeys }),
    waitForExit(cli, id, autoRemove),
  ]);
  const streams = joinStreams(cli, { connection, tty, stdin, output: true, detachKeys });
  streams.catch(() => {});
  try {
    await start(cli, id, from);
  } catch (error) {
    connection.close();
    await streams.catch(() => {});
    if (autoRemove) await waiting.status;
    throw error;
  }
  if (tty && cli.isTerminal(1)) void followTtySize(cli, containerPath(id, "/resize"));
  try {
    await streams;
  } catch (error) {
    if (error instanceof Detached) return 0;
    throw error;
  }
  return waiting.status;
}
