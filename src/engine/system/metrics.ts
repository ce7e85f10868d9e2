/** Counters in Prometheus' text form, under the names that stock dockerd gives them. */
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { invalidArgument, systemError } from "../../errors/errors.ts";
import { GIT_COMMIT, VERSION } from "../../version/version.ts";
import type { EventBus } from "../events/bus.ts";
import type { Route } from "../http/route.ts";
import type { HostFacts } from "./host.ts";

/** Requests whose durations are told, by what stock calls them. */
const ACTIONS: Record<string, string> = {
  "POST /containers/create": "create",
  "POST /containers/{id}/start": "start",
  "DELETE /containers/{id}": "delete",
  "GET /containers/{id}/changes": "changes",
  "POST /commit": "commit",
};
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Histogram {
  buckets: number[];
  sum: number;
  count: number;
}

/** What Prometheus is told of the engine, under the names that stock has. */
export class Metrics {
  readonly #host: HostFacts;
  readonly #counts: () => { running: number; paused: number; stopped: number };
  readonly #events: EventBus;
  readonly #actions = new Map<string, Histogram>();
  #published = 0;

  constructor(
    host: HostFacts,
    counts: () => { running: number; paused: number; stopped: number },
    events: EventBus,
  ) {
    this.#host = host;
    this.#counts = counts;
    this.#events = events;
    events.observe(() => this.#published++);
    for (const action of Object.values(ACTIONS))
      this.#actions.set(action, { buckets: BUCKETS.map(() => 0), sum: 0, count: 0 });
  }

  handled(route: Route, seconds: number): void {
    const histogram = this.#actions.get(ACTIONS[`${route.method} ${route.path}`] ?? "");
    if (!histogram) return;
    for (const [i, limit] of BUCKETS.entries()) if (seconds <= limit) histogram.buckets[i]!++;
    histogram.sum += seconds;
    histogram.count++;
  }

  /** The text of GET /metrics. */
  render(): string {
    const { architecture, kernelVersion, operatingSystem, cpus, memory } = this.#host;
    const info = labels({
      architecture,
      commit: GIT_COMMIT,
      kernel: kernelVersion,
      os: operatingSystem,
      version: VERSION,
    });
    return [
      ...family("engine_daemon_engine_info", "gauge", "The information related to the engine", [[info, 1]]),
      ...family("engine_daemon_engine_cpus_cpus", "gauge", "The number of cpus that the host has", [
        ["", cpus],
      ]),
      ...family("engine_daemon_engine_memory_bytes", "gauge", "The bytes of memory that the host has", [
        ["", memory],
      ]),
      ...family(
        "engine_daemon_container_states_containers",
        "gauge",
        "The count of containers in various states",
        Object.entries(this.#counts()).map(([state, count]) => [labels({ state }), count]),
      ),
      ...this.#renderActions(),
      ...family("engine_daemon_events_total", "counter", "The number of events logged", [
        ["", this.#published],
      ]),
      ...family("engine_daemon_events_subscribers_total", "gauge", "The number of subscribers to events", [
        ["", this.#events.listeners],
      ]),
      ...processMetrics(),
      "",
    ].join("\n");
  }

  #renderActions(): string[] {
    const name = "engine_daemon_container_actions_seconds";
    const lines = [
      `# HELP ${name} The number of seconds it takes to process each container action`,
      `# TYPE ${name} histogram`,
    ];
    for (const [action, { buckets, sum, count }] of this.#actions) {
      for (const [i, limit] of BUCKETS.entries())
        lines.push(`${name}_bucket${labels({ action, le: String(limit) })} ${buckets[i]}`);
      lines.push(`${name}_bucket${labels({ action, le: "+Inf" })} ${count}`);
      lines.push(`${name}_sum${labels({ action })} ${sum}`, `${name}_count${labels({ action })} ${count}`);
    }
    return lines;
  }
}

function labels(values: Record<string, string>): string {
  const escaped = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${escaped.join(",")}}`;
}

function family(name: string, type: string, help: string, samples: [string, number][]): string[] {
  const lines = samples.map(([suffix, value]) => `${name}${suffix} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
}

function processMetrics(): string[] {
  const { rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const started = Date.now() / 1000 - process.uptime();
  const threads = Number(/^Threads:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? 0);
  return [
    ...family("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.", [
      ["", (user + system) / 1e6],
    ]),
    ...family("process_open_fds", "gauge", "Number of open file descriptors.", [
      ["", readdirSync("/proc/self/fd").length],
    ]),
    ...family("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", [["", rss]]),
    ...family(
      "process_start_time_seconds",
      "gauge",
      "Start time of the process since unix epoch in seconds.",
      [["", started]],
    ),
    ...family("process_threads", "gauge", "Number of threads of the process.", [["", threads]]),
  ];
}

/** Serves /metrics at "host:port". Errors: invalidArgument, system. */
export async function serveMetrics(address: string, metrics: Metrics): Promise<() => void> {
  const match = /^(.*):(\d+)$/.exec(address);
  if (!match) throw invalidArgument(`invalid metrics-addr ${JSON.stringify(address)}: want HOST:PORT`);
  const server = createServer((req, res) => {
    const found = req.method === "GET" && req.url?.split("?")[0] === "/metrics";
    res.writeHead(found ? 200 : 404, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" });
    res.end(found ? metrics.render() : "404 page not found\n");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(systemError(`cannot serve metrics on ${address}: ${cause.message}`, { cause })),
    );
    server.listen(Number(match[2]), match[1]!.replace(/^\[|\]$/g, "") || "127.0.0.1", () => resolve());
  });
  return () => void server.close();
}
