import { invalidArgument } from "../../errors/errors.ts";
import { ProcessDetails } from "../../proto/containerd/runc/v1/options.ts";
import { ContainersDefinition } from "../../proto/containerd/services/containers/v1/containers.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import type { Any } from "../../proto/google/protobuf/any.ts";
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
      ["PID", "INFO"],
      found.processes.map(({ pid, info }) => [String(pid), info ? detailsOf(info) : "-"]),
    );
    return undefined;
  },
});

/** Which exec a process is of. */
function detailsOf({ typeUrl, value }: Any): string {
  if (!typeUrl.endsWith("ProcessDetails")) return "-";
  return JSON.stringify({ exec_id: ProcessDetails.decode(value).execId });
}

/** Figures of control groups, a line each. */
function metricRows(typeUrl: string, value: Uint8Array): string[][] {
  if (typeUrl.endsWith("cgroups.v2.Metrics")) {
    const { pids, cpu, memory } = MetricsV2.decode(value);
    return [
      ["pids.current", String(pids?.current ?? 0)],
      ["pids.limit", String(pids?.limit ?? 0)],
      ["cpu.usage_usec", String(cpu?.usageUsec ?? 0)],
      ["cpu.user_usec", String(cpu?.userUsec ?? 0)],
      ["cpu.system_usec", String(cpu?.systemUsec ?? 0)],
      ["memory.usage", String(memory?.usage ?? 0)],
      ["memory.usage_limit", String(memory?.usageLimit ?? 0)],
    ];
  }
  const { memory, cpu, pids } = MetricsV1.decode(value);
  return [
    ["memory.usage_in_bytes", String(memory?.usage?.usage ?? 0)],
    ["memory.limit_in_bytes", String(memory?.usage?.limit ?? 0)],
    ["memory.stat.cache", String(memory?.totalCache ?? 0)],
    ["cpuacct.usage", String(cpu?.usage?.total ?? 0)],
    ["cpuacct.usage_percpu", `[${(cpu?.usage?.perCpu ?? []).join(" ")}]`],
    ["pids.current", String(pids?.current ?? 0)],
    ["pids.limit", String(pids?.limit ?? 0)],
  ];
}

export const metrics = command({
  aliases: ["metric"],
  summary: "Show what a task uses",
  usage: "[flags] CONTAINER",
  flags: { format: { kind: "string", help: "table or json", value: "FORMAT", fallback: "table" } },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [id] }) {
    const format = flags.format ?? "table";
    if (format !== "table" && format !== "json") throw invalidArgument("only table and json are supported");
    await cli.client(ContainersDefinition).get({ id: id! }, cli.call);
    const found = await cli.client(TasksDefinition).metrics({ filters: [`id==${id}`] }, cli.call);
    for (const { timestamp, data } of found.metrics) {
      if (format === "table") {
        printTable(["ID", "TIMESTAMP"], [[id!, formatTime(timestamp)]]);
        print("");
        printTable(["METRIC", "VALUE"], data ? metricRows(data.typeUrl, data.value) : []);
        continue;
      }
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
