/** Prometheus metrics at http://ADDRESS/v1/metrics. */
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { invalidArgument, messageOf, systemError } from "../../errors/errors.ts";
import type { Logger } from "../../log/log.ts";
import { GIT_COMMIT, VERSION } from "../../version/version.ts";
import type { ContainerStore } from "../metadata/containers.ts";
import type { TaskManager } from "../tasks/manager.ts";
import type { Task } from "../tasks/task.ts";
import type { CallCounter } from "./calls.ts";
import { containerFamilies, type Measured } from "./containers.ts";
import { type Family, formatFamilies } from "./text.ts";

const PATH = "/v1/metrics";
const PAGE_SIZE = 4096;

export interface MetricsOptions {
  /** host:port */
  address: string;
  /** How old figures of containers may be, in seconds; 0: asked for at each request. */
  interval: number;
  tasks: TaskManager;
  containers: ContainerStore;
  calls: CallCounter;
  log: Logger;
}

/** What the kernel tells of this process. */
function processFacts() {
  const read = (name: string) => readFileSync(`/proc/self/${name}`, "utf8");
  const pages = Number(read("statm").split(" ")[0]);
  const [, limit] = /^Max open files +(\w+)/m.exec(read("limits")) ?? [];
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    virtualBytes: pages * PAGE_SIZE,
    openFiles: readdirSync("/proc/self/fd").length,
    maxFiles: Number(limit),
  };
}

function daemonFamilies(tasks: TaskManager): Family[] {
  const { heapUsed, rss } = process.memoryUsage();
  const { cpuSeconds, virtualBytes, openFiles, maxFiles } = processFacts();
  const one = (name: string, help: string, type: Family["type"], value: number, labels = {}): Family => ({
    ...{ name, help, type },
    samples: [{ labels, value }],
  });
  return [
    one("containerd_build_info_total", "The build of the daemon.", "counter", 1, {
      version: VERSION,
      revision: GIT_COMMIT,
    }),
    one("containerd_tasks", "Tasks that there are.", "gauge", tasks.list().length),
    one("process_resident_memory_bytes", "Resident memory of the daemon.", "gauge", rss),
    one("process_virtual_memory_bytes", "Virtual memory of the daemon.", "gauge", virtualBytes),
    one("process_cpu_seconds_total", "Processor time of the daemon.", "counter", cpuSeconds),
    one("process_open_fds", "Open files of the daemon.", "gauge", openFiles),
    one("process_max_fds", "Limit of those.", "gauge", maxFiles),
    one("process_heap_bytes", "Used heap of the daemon.", "gauge", heapUsed),
    one("process_start_time_seconds", "Start of the daemon.", "gauge", performance.timeOrigin / 1000),
  ];
}

class Collected {
  readonly #options: MetricsOptions;
  #at = Number.NEGATIVE_INFINITY;
  #containers: Promise<Family[]> = Promise.resolve([]);

  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  #measured(task: Task): Measured {
    const { containers } = this.#options;
    const { namespace, id } = task;
    const name = containers.has(namespace, id) ? containers.get(namespace, id).runtime?.name : undefined;
    return { task, runtime: name ?? "" };
  }

  async text(): Promise<string> {
    const { tasks, calls, interval } = this.#options;
    if (performance.now() - this.#at >= interval * 1000) {
      this.#at = performance.now();
      this.#containers = containerFamilies(tasks.list().map((task) => this.#measured(task)));
    }
    return formatFamilies([...daemonFamilies(tasks), ...calls.families(), ...(await this.#containers)]);
  }
}

function parseAddress(address: string): { host: string; port: number } {
  const match = /^(.*):(\d+)$/.exec(address);
  if (!match) throw invalidArgument(`metrics address ${JSON.stringify(address)}: give HOST:PORT`);
  return { host: match[1]!.replace(/^\[(.*)\]$/, "$1") || "127.0.0.1", port: Number(match[2]) };
}

/** Serves until stopped. Errors: invalidArgument, system when the address cannot be had. */
export async function serveMetrics(options: MetricsOptions): Promise<() => void> {
  const { host, port } = parseAddress(options.address);
  const collected = new Collected(options);
  const answer = async (path: string | undefined, response: ServerResponse) => {
    if (path?.split("?")[0] !== PATH) {
      response.writeHead(404).end(`not found: metrics are at ${PATH}\n`);
      return;
    }
    const text = await collected.text();
    response.writeHead(200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" }).end(text);
  };
  const server: Server = createServer((request, response) => {
    answer(request.url, response).catch((error: unknown) => {
      options.log.error("metrics", { error: messageOf(error) });
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(systemError(`serve metrics on ${options.address}: ${messageOf(cause)}`, { cause })),
    );
    server.listen(port, host, resolve);
  });
  return () => {
    server.closeAllConnections();
    server.close();
  };
}
