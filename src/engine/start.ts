/**
 * From a configuration to a serving daemon, and back down. What can be refused is checked before anything is made,
 * and whatever was made is undone, last first, when a later step fails.
 */
import type { Server } from "node:http";
import { join, resolve } from "node:path";
import { messageOf } from "../errors/errors.ts";
import { createLogger, type Logger } from "../log/log.ts";
import { GIT_COMMIT, VERSION } from "../version/version.ts";
import type { EngineConfig } from "./config/config.ts";
import { type Daemon, openDaemon } from "./daemon.ts";
import { createApiServer } from "./http/server.ts";
import { claimDataRoot, requireProgram, requireRoot } from "./startup/checks.ts";
import { type Address, checkFree, listen, parseHost, show } from "./startup/listen.ts";
import { checkPidFile, writePidFile } from "./startup/pidfile.ts";
import { ContainerdSupervisor } from "./supervisor/containerd.ts";

type Undo = () => void | Promise<void>;

/** Seconds that an external containerd gets to appear. */
const CONTAINERD_PATIENCE = 5;

/** Resolves when the daemon serves. Errors: whatever stands in the way, with everything undone. */
export async function startEngine(given: EngineConfig): Promise<void> {
  const config = withAbsolutePaths(given);
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  const undo: Undo[] = [];
  try {
    await start(config, log, undo);
  } catch (error) {
    await runAll(undo, log);
    throw error;
  }
}

function withAbsolutePaths(config: EngineConfig): EngineConfig {
  return { ...config, dataRoot: resolve(config.dataRoot), execRoot: resolve(config.execRoot) };
}

async function start(config: EngineConfig, log: Logger, undo: Undo[]): Promise<void> {
  requireRoot();
  const addresses = config.hosts.map(parseHost);
  for (const address of addresses) await checkFree(address);
  checkPidFile(config.pidFile);
  undo.push(claimDataRoot(config.dataRoot));
  undo.push(writePidFile(config.pidFile));
  const supervisor = config.containerd === undefined ? supervisorFor(config, log) : undefined;
  if (supervisor) {
    undo.push(() => supervisor.stop());
    await supervisor.start();
  }
  const socket = supervisor?.socket ?? (config.containerd as string).replace(/^unix:\/\//, "");
  const daemon = await openDaemon({ config, log, containerdSocket: socket, patience: CONTAINERD_PATIENCE });
  undo.push(() => daemon.shutdown());
  for (const address of addresses) undo.push(await serve(daemon, address, config, log));
  log.info("Daemon has completed initialization", {
    version: VERSION,
    commit: GIT_COMMIT,
    storageDriver: daemon.driverName,
  });
  stopOnSignals(undo, daemon, log);
  await daemon.startPolicies();
}

function supervisorFor(config: EngineConfig, log: Logger): ContainerdSupervisor {
  return new ContainerdSupervisor({
    program: requireProgram(
      "docker-containerd",
      "install it beside dockerd, or name a running one with --containerd",
    ),
    root: join(config.dataRoot, "containerd"),
    state: join(config.execRoot, "containerd"),
    debug: config.logLevel === "debug",
    log,
  });
}

async function serve(daemon: Daemon, address: Address, config: EngineConfig, log: Logger): Promise<Undo> {
  const server: Server = createApiServer({
    routes: daemon.routes,
    logFailure: (request, status, error) => {
      if (status >= 500) log.error(`Handler for ${request} returned error: ${messageOf(error)}`, { status });
      else log.debug(`Handler for ${request} returned: ${messageOf(error)}`, { status });
    },
  });
  const close = await listen(server, address, config.group);
  log.info(`API listen on ${show(address)}`);
  return close;
}

/** SIGTERM and SIGINT end the daemon in order, a third one at once; SIGHUP has nothing to reload yet. */
function stopOnSignals(undo: Undo[], daemon: Daemon, log: Logger): void {
  let asked = 0;
  const stop = async (signal: string) => {
    asked++;
    log.info(`Processing signal '${signal}'`);
    if (asked >= 3) process.exit(1);
    if (asked > 1) return;
    await runAll(undo, log);
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop("terminated"));
  process.on("SIGINT", () => void stop("interrupt"));
  process.on("SIGHUP", () => daemon.reload());
}

async function runAll(undo: Undo[], log: Logger): Promise<void> {
  for (const step of undo.splice(0).toReversed()) {
    try {
      await step();
    } catch (error) {
      log.error("shutdown step failed", { error: messageOf(error) });
    }
  }
}
