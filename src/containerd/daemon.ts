/** docker-containerd put together: what is opened in which order, and closed in the opposite one. */
import { rmSync } from "node:fs";
import { messageOf } from "../errors/errors.ts";
import { type GrpcServer, type Service, serveGrpc } from "../grpc/server.ts";
import type { Logger } from "../log/log.ts";
import { trimWhenQuiet } from "../memory/trim.ts";
import type { Server as TtrpcServer } from "../ttrpc/server.ts";
import { type Config, layout as layoutOf } from "./config.ts";
import { EventExchange } from "./events/exchange.ts";
import { ContainerStore } from "./metadata/containers.ts";
import { type Metadata, openDatabase } from "./metadata/database.ts";
import { NamespaceStore } from "./metadata/namespaces.ts";
import { allServices } from "./services/all.ts";
import { serveShimEvents } from "./services/ttrpc-events.ts";
import {
  checkRoot,
  checkSocketFree,
  lockRoot,
  makeFolders,
  protectSocket,
  removeStaleSocket,
  serverUuid,
  setOOMScore,
} from "./start.ts";
import { TaskManager } from "./tasks/manager.ts";
import { findPrograms } from "./tasks/programs.ts";
import { recoverTasks } from "./tasks/recovery.ts";

/** How long calls under way may take when the daemon ends, in milliseconds. */
/** Milliseconds of quiet after which memory is given back: longer than a person takes between two commands. */
const QUIET = 10_000;
const GRACE = 1_000;

export interface Daemon {
  /** Ends the daemon; tasks and their shims go on. */
  stop(): Promise<void>;
}

/** Starts and returns once the sockets answer. Errors: one line each, with nothing left behind. */
export async function startDaemon(config: Config, log: Logger): Promise<Daemon> {
  const undo: (() => void | Promise<void>)[] = [];
  const stop = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    await start(config, log, undo);
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(config: Config, log: Logger, undo: (() => void | Promise<void>)[]): Promise<void> {
  checkRoot();
  setOOMScore(config.oomScore);
  const programs = findPrograms(config);
  const layout = layoutOf(config);
  await checkSocketFree(config.socket);
  undo.push(lockRoot(config.root));
  makeFolders(config, layout);
  const db: Metadata = openDatabase(layout.database);
  undo.push(() => db.close());
  const events = new EventExchange();
  const namespaces = new NamespaceStore(db);
  const containers = new ContainerStore(db, namespaces);
  const environment = { socket: config.socket, ttrpcSocket: layout.ttrpcSocket, debug: config.debug };
  const tasks = new TaskManager({
    ...{ layout, programs, environment, events, log },
    tasksPerShim: config.tasksPerShim,
  });
  undo.push(() => tasks.close());

  const shimEvents = listenForShims(layout.ttrpcSocket, tasks, events);
  undo.push(() => {
    shimEvents.stop(true);
    rmSync(layout.ttrpcSocket, { force: true });
  });
  const { adopted, cleaned } = await recoverTasks(tasks);
  if (adopted + cleaned > 0) log.info("tasks of a former run", { adopted, cleaned });

  let counted = (service: Service) => service;
  if (config.metricsAddress !== "") {
    const { serveMetrics } = await import("./metrics/server.ts");
    const { CallCounter } = await import("./metrics/calls.ts");
    const { metricsAddress: address, metricsInterval: interval } = config;
    const calls = new CallCounter();
    counted = (service) => calls.counted(service);
    undo.push(await serveMetrics({ address, interval, tasks, containers, calls, log }));
  }
  const uuid = serverUuid(layout);
  const trimSoon = trimWhenQuiet(QUIET);
  const { services, collector } = allServices({
    layout,
    db,
    events,
    namespaces,
    containers,
    tasks,
    log,
    uuid,
  });
  undo.push(() => collector.stop());
  collector.start();
  removeStaleSocket(config.socket);
  const server: GrpcServer = await serveGrpc(config.socket, services.map(counted), trimSoon);
  trimSoon();
  undo.push(() => server.close(GRACE));
  protectSocket(config.socket, config);
  log.info("serving", { address: config.socket, shim: programs.shim, runtime: programs.runtime });
}

/** Shims that outlived the last daemon come back here with what they had to tell: so this is open before recovery. */
function listenForShims(path: string, tasks: TaskManager, events: EventExchange): TtrpcServer {
  removeStaleSocket(path);
  return serveShimEvents(path, (envelope) => {
    tasks.observe(envelope);
    events.forward(envelope);
  });
}

/** Runs until SIGTERM or SIGINT. Resolves to the exit code. */
export async function runDaemon(config: Config, log: Logger): Promise<number> {
  let daemon: Daemon;
  const signalled = new Promise<string>((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve(name));
  });
  process.on("SIGPIPE", () => {});
  try {
    daemon = await startDaemon(config, log);
  } catch (error) {
    process.stderr.write(`docker-containerd: ${messageOf(error)}\n`);
    return 1;
  }
  log.info("stopping, containers go on", { signal: await signalled });
  await daemon.stop();
  return 0;
}
