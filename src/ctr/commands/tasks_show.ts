import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import { Metrics as MetricsV1 } from "../../proto/io/containerd/cgroups/v1/metrics.ts";
import { Metrics as MetricsV2 } from "../../proto/io/containerd/cgroups/v2/metrics.ts";
import { print } from "../cli.ts";
import { command } from "../command.ts";
import { formatTime, printJSON, printTable } from "../output.ts";

const STATUS_NAMES = ["UNKNOWN", "CREATED", "RUNNING", "STOPPED", "PAUSED", "PAUSING"];

export const list = command({
  aliases: ["list"],
  summary: "List tasks",
  usage: "[flags]",
  flags: { quiet: { kind: "bool", short: "q", help: "Print the ids only" } },
  min: 0,
  max: 0,
  async run(cli, { flags }) {
    const { tasks } = await cli.client(TasksDefinition).list({}, cli.call);
    if (flags.quiet) print(...tasks.map(({ id }) => id));
    else
      printTable(
        ["TASK", "PID", "STATUS"],
        tasks.map(({ id, pid, status }) => [id, String(pid), STATUS_NAMES[status] ?? "UNKNOWN"]),
      );
    return undefined;
  },
});

export const processes = command({
  summary: "List the processes of a task, by their ids on the host",
  usage: "CONTAINER",
  flags: {},
  min: 1,
  max: 1,
  async run(cli, { args: [containerId] }) {
    const found = await cli.client(TasksDefinition).listPids({ containerId: containerId! }, cli.call);
    printTable(
      ["PID"],
      found.processes.map(({ pid }) => [String(pid)]),
    );
    return undefined;
  },
});

export const metrics = command({
  aliases: ["metric"],
  summary: "Show what a task uses, as JSON",
  usage: "CONTAINER",
  flags: {},
  min: 1,
  max: 1,
  async run(cli, { args: [id] }) {
    const found = await cli.client(TasksDefinition).metrics({ filters: [`id==${id}`] }, cli.call);
    for (const { timestamp, data } of found.metrics) {
      const codec = data?.typeUrl.endsWith("cgroups.v2.Metrics") ? MetricsV2 : MetricsV1;
      printJSON({
        id,
        timestamp: formatTime(timestamp),
        metrics: data ? codec.decode(data.value) : undefined,
      });
    }
    return undefined;
  },
});
