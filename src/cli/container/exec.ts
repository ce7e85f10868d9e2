import type { IDResponse } from "../../api/schema.ts";
import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { detachKeysOf } from "../stream/attach.ts";
import { checkTty } from "../stream/check-tty.ts";
import { endOnSignal } from "../stream/end-on-signal.ts";
import { joinStreams } from "../stream/stream.ts";
import { consoleSize, followTtySize } from "../stream/tty-size.ts";
import { checkEnv } from "./options/checks.ts";
import { readEnvFiles } from "./options/env.ts";
import { containerPath } from "./path.ts";

/** What the engine says of an exec that has ended. */
interface ExecState {
  ExitCode?: number | null;
}

export default defineCommand({
  usage: "[OPTIONS] CONTAINER COMMAND [ARG...]",
  summary: "Execute a command in a running container",
  aliases: ["docker container exec", "docker exec"],
  count: { least: 2 },
  flags: {
    detach: { kind: "bool", short: "d", help: "Run the command in the background" },
    "detach-keys": { kind: "string", help: "Key sequence to detach with" },
    env: { kind: "list", short: "e", help: "Environment variable", check: checkEnv },
    "env-file": { kind: "list", help: "File of environment variables" },
    interactive: { kind: "bool", short: "i", help: "Keep stdin open even if not attached" },
    privileged: { kind: "bool", help: "Give extended privileges to the command" },
    tty: { kind: "bool", short: "t", help: "Allocate a pseudo-terminal" },
    user: { kind: "string", short: "u", help: "User, and group (NAME|UID[:GROUP|GID])" },
    workdir: { kind: "string", short: "w", help: "Working directory in the container" },
  },
  stopAtFirst: true,
  async run(cli, { args, flags }) {
    const [container, ...command] = args as [string, ...string[]];
    const { tty, detach } = flags;
    const stdin = flags.interactive && !detach;
    const detachKeys = detachKeysOf(cli, flags["detach-keys"]);
    const order = {
      User: flags.user ?? "",
      Privileged: flags.privileged,
      Tty: tty,
      AttachStdin: stdin,
      AttachStdout: !detach,
      AttachStderr: !detach,
      DetachKeys: detachKeys,
      Env: [...readEnvFiles(flags["env-file"]), ...flags.env],
      WorkingDir: flags.workdir ?? "",
      Cmd: command,
      Detach: detach,
      ...(tty ? { ConsoleSize: consoleSize() } : {}),
    };
    if (!detach) await checkInput(cli, container, stdin, tty);
    const made = await cli.client.json<IDResponse>("POST", containerPath(container, "/exec"), {
      json: order,
    });
    const start = { Detach: detach, Tty: tty, ...(tty ? { ConsoleSize: consoleSize() } : {}) };
    if (detach) {
      await cli.client.call("POST", `/exec/${made.Id}/start`, { json: start });
      return 0;
    }
    endOnSignal();
    const connection = await cli.client.hijack(`/exec/${made.Id}/start`, { json: start });
    if (tty && cli.isTerminal(0)) void followTtySize(cli, `/exec/${made.Id}/resize`);
    await joinStreams(cli, { connection, tty, stdin, output: true, detachKeys });
    const ended = await cli.client.json<ExecState>("GET", `/exec/${made.Id}/json`);
    return ended.ExitCode ?? 0;
  },
});

/** Refuses a terminal that is none; but that a container is not there is said first. */
async function checkInput(cli: Cli, container: string, stdin: boolean, tty: boolean): Promise<void> {
  if (!stdin || !tty || cli.isTerminal(0)) return;
  await cli.client.call("GET", containerPath(container, "/json"));
  checkTty(cli, stdin, tty);
}
