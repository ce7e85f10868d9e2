import { constants } from "node:os";
import { invalidArgument } from "../../errors/errors.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import { print } from "../cli.ts";
import { command } from "../command.ts";

/** A signal's number, from "KILL", "SIGKILL" or "9". Errors: invalidArgument. */
export function signalNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const name = text.toUpperCase().replace(/^(SIG)?/, "SIG");
  const number = (constants.signals as Record<string, number>)[name];
  if (number === undefined) throw invalidArgument(`unknown signal ${JSON.stringify(text)}`);
  return number;
}

export const kill = command({
  summary: "Send a signal to a task",
  usage: "[flags] CONTAINER",
  flags: {
    signal: {
      kind: "string",
      short: "s",
      help: "The signal, by name or number",
      value: "SIGNAL",
      fallback: "SIGTERM",
    },
    "exec-id": { kind: "string", help: "Send it to this process, not to the first", value: "ID" },
    all: { kind: "bool", help: "Send it to all processes of the task" },
  },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [containerId] }) {
    const signal = signalNumber(flags.signal ?? "SIGTERM");
    const request = {
      containerId: containerId!,
      execId: flags["exec-id"] ?? "",
      signal,
      all: flags.all ?? false,
    };
    await cli.client(TasksDefinition).kill(request, cli.call);
    return undefined;
  },
});

export const start = command({
  summary: "Start a task that has been created",
  usage: "CONTAINER",
  flags: {},
  min: 1,
  max: 1,
  async run(cli, { args: [containerId] }) {
    await cli.client(TasksDefinition).start({ containerId: containerId! }, cli.call);
    return undefined;
  },
});

export const pause = command({
  summary: "Freeze the processes of a task",
  usage: "CONTAINER",
  flags: {},
  min: 1,
  max: 1,
  async run(cli, { args: [containerId] }) {
    await cli.client(TasksDefinition).pause({ containerId: containerId! }, cli.call);
    return undefined;
  },
});

export const resume = command({
  summary: "Let the processes of a frozen task go on",
  usage: "CONTAINER",
  flags: {},
  min: 1,
  max: 1,
  async run(cli, { args: [containerId] }) {
    await cli.client(TasksDefinition).resume({ containerId: containerId! }, cli.call);
    return undefined;
  },
});

export const remove = command({
  aliases: ["delete", "del", "remove"],
  summary: "Remove tasks that have stopped",
  usage: "[flags] CONTAINER...",
  flags: {
    force: { kind: "bool", short: "f", help: "Kill what still runs" },
    "exec-id": { kind: "string", help: "Remove this process only", value: "ID" },
  },
  min: 1,
  async run(cli, { flags, args }) {
    const tasks = cli.client(TasksDefinition);
    for (const containerId of args) {
      const execId = flags["exec-id"] ?? "";
      if (flags.force) {
        const waiting = tasks.wait({ containerId, execId }, cli.longCall);
        // Told by the deletion below if it is an error.
        waiting.catch(() => {});
        await tasks.kill({ containerId, execId, signal: 9, all: execId === "" }, cli.call).catch(() => {});
        await waiting.catch(() => {});
      }
      if (execId === "") await tasks.delete({ containerId }, cli.call);
      else await tasks.deleteProcess({ containerId, execId }, cli.call);
      print(containerId);
    }
    return undefined;
  },
});
