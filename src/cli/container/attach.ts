import type { ContainerInspectResponse } from "../../api/schema.ts";
import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { attach, detachKeysOf } from "../stream/attach.ts";
import { checkTty } from "../stream/check-tty.ts";
import { endOnSignal } from "../stream/end-on-signal.ts";
import { forwardSignals } from "../stream/signals.ts";
import { joinStreams } from "../stream/stream.ts";
import { followTtySize } from "../stream/tty-size.ts";
import { containerPath } from "./path.ts";
import { resultOf } from "./wait-result.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER",
  summary: "Attach our stdin, stdout and stderr to a running container",
  aliases: ["docker container attach", "docker attach"],
  count: { least: 1, most: 1 },
  flags: {
    "detach-keys": { kind: "string", help: "Key sequence to detach with" },
    "no-stdin": { kind: "bool", help: "Do not attach stdin" },
    "sig-proxy": { kind: "bool", on: true, help: "Pass all signals on to the process" },
  },
  async run(cli, { args, flags }) {
    const name = args[0]!;
    // Asked for first, so that an end between the steps is not missed.
    const waiting = cli.client.stream("POST", containerPath(name, "/wait"));
    waiting.catch(() => {});
    const { Config } = await runningContainer(cli, name);
    const tty = Config?.Tty === true;
    checkTty(cli, !flags["no-stdin"], tty);
    const stdin = !flags["no-stdin"] && Config?.OpenStdin === true;
    if (flags["sig-proxy"] && !tty) forwardSignals(cli, name);
    else endOnSignal();
    const detachKeys = detachKeysOf(cli, flags["detach-keys"]);
    const connection = await attach(cli, name, { stdin, stdout: true, stderr: true, detachKeys });
    await runningContainer(cli, name);
    if (tty && cli.isTerminal(1)) void followTtySize(cli, containerPath(name, "/resize"), true);
    await joinStreams(cli, { connection, tty, stdin, output: true, detachKeys });
    return resultOf(await waiting);
  },
});

async function runningContainer(cli: Cli, name: string): Promise<ContainerInspectResponse> {
  const container = await cli.client.json<ContainerInspectResponse>("GET", containerPath(name, "/json"));
  const cannot = (state: string, cure: string) =>
    new Error(`You cannot attach to a ${state} container, ${cure}`);
  if (!container.State?.Running) throw cannot("stopped", "start it first");
  if (container.State.Paused) throw cannot("paused", "unpause it first");
  if (container.State.Restarting) throw cannot("restarting", "wait until it is running");
  return container;
}
