/**
 * From a configuration to a serving daemon, and back down. What can be refused is checked before anything is made,
 * and whatever was made is undone, last first, when a later step fails.
 */
import { writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { join, resolve } from "node:path";
import { messageOf } from "../errors/errors.ts";
import { refuseUnfinishedMigration } from "../images/migrate/progress.ts";
import type { IDMap } from "../linux/id-map.ts";
import { preferThisThread } from "../linux/scheduling.ts";
import { createLogger, type Logger } from "../log/log.ts";
import { trimWhenQuiet } from "../memory/trim.ts";
import { GIT_COMMIT, VERSION } from "../version/version.ts";
import type { EngineConfig } from "./config/config.ts";
import { type Daemon, openDaemon, openStorage } from "./daemon.ts";
import { createApiServer } from "./http/server.ts";
import { activatedSockets, serveActivated } from "./startup/activation.ts";
import { claimDataRoot, requireProgram, requireRoot } from "./startup/checks.ts";
import { type Address, checkFree, listen, parseHost, show } from "./startup/listen.ts";
import { checkPidFile, writePidFile } from "./startup/pidfile.ts";
import { type TLSOptions, tlsOptions } from "./startup/tls.ts";
import { ContainerdSupervisor } from "./supervisor/containerd.ts";

/** The event loop, and so the API's answers, before containers and the work on images. */
const ANSWERS_FIRST = { nice: -10, slice: 1_000_000n };

type Undo = () => void | Promise<void>;

/** Milliseconds of quiet after which memory is given back: longer than a person takes between two commands. */
const QUIET = 10_000;
const trimSoon = trimWhenQuiet(QUIET);

/** Seconds that an external containerd gets to appear. */
const CONTAINERD_PATIENCE = 5;

/** Resolves when the daemon serves; `reread` reads the configuration anew, for SIGHUP. Errors: whatever stands in the way, with everything undone. */
export async function startEngine(given: EngineConfig, reread: () => EngineConfig): Promise<void> {
  const config = withAbsolutePaths(given);
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  const undo: Undo[] = [];
  try {
    await start(await remapped(config, log), reread, log, undo);
  } catch (error) {
    await runAll(undo, log);
    throw error;
  }
}

function withAbsolutePaths(config: EngineConfig): EngineConfig {
  return { ...config, dataRoot: resolve(config.dataRoot), execRoot: resolve(config.execRoot) };
}

/** What is started: a configuration, and how the ids of containers are mapped. */
interface Startable {
  config: EngineConfig;
  ids: IDMap | undefined;
  /** Makes the data root passable for containers. */
  prepareRoot(): void;
}

/** With --userns-remap the data root is a folder of its own for the mapping, within the one that was named. */
async function remapped(config: EngineConfig, log: Logger): Promise<Startable> {
  if (config.usernsRemap === "") return { config, ids: undefined, prepareRoot: () => {} };
  requireRoot();
  const [{ resolveRemap }, { openToContainers, remappedRoot }] = await Promise.all([
    import("./userns/remap.ts"),
    import("./userns/data-root.ts"),
  ]);
  const ids = resolveRemap(config.usernsRemap, log);
  return {
    config: { ...config, dataRoot: remappedRoot(config.dataRoot, ids) },
    ids,
    prepareRoot: () => openToContainers(config.dataRoot, ids),
  };
}

async function start(
  { config, ids, prepareRoot }: Startable,
  reread: () => EngineConfig,
  log: Logger,
  undo: Undo[],
): Promise<void> {
  requireRoot();
  preferThisThread(ANSWERS_FIRST);
  adjustOOMScore(config.oomScoreAdjust, log);
  tellOfNoEffect(config, log);
  const tls = tlsOptions(config);
  const addresses = config.hosts.map((host) => parseHost(host, tls !== undefined));
  for (const address of addresses) {
    await checkFree(address);
    if (address.kind === "fd") activatedSockets(address.which);
  }
  checkPidFile(config.pidFile);
  undo.push(claimDataRoot(config.dataRoot));
  prepareRoot();
  undo.push(writePidFile(config.pidFile));
  const supervisor = config.containerd === undefined ? supervisorFor(config, log) : undefined;
  refuseUnfinishedMigration(config.dataRoot);
  // A data root that cannot be used is refused before a containerd has been started in it.
  const driver = supervisor ? await openStorage({ config, ids }) : undefined;
  if (supervisor) {
    undo.push(() => supervisor.stop());
    await supervisor.start();
  }
  const socket = supervisor?.socket ?? (config.containerd as string).replace(/^unix:\/\//, "");
  const daemon = await openDaemon({
    config,
    log,
    ids,
    containerdSocket: socket,
    driver,
    patience: CONTAINERD_PATIENCE,
  });
  undo.push(() => daemon.shutdown());
  for (const address of addresses) undo.push(await serve(daemon, address, config, tls, log));
  if (config.metricsAddress !== "") undo.push(await daemon.serveMetrics(config.metricsAddress));
  log.info("Daemon has completed initialization", {
    version: VERSION,
    commit: GIT_COMMIT,
    storageDriver: daemon.driverName,
  });
  stopOnSignals(undo, () => reload(daemon, reread, log), log);
  surviveMistakes(log);
  if (process.env["PEQUOD_LOOP_DELAY"] !== undefined)
    (await import("../log/loop-delay.ts")).watchLoop(log, process.env["PEQUOD_LOOP_DELAY"]);
  await daemon.startPolicies();
  trimSoon();
}

function adjustOOMScore(score: number, log: Logger): void {
  if (score === 0) return;
  try {
    writeFileSync("/proc/self/oom_score_adj", String(score));
  } catch (error) {
    log.error(`failed to change OOM score to ${score}`, { error: messageOf(error) });
  }
}

/** Settings that are taken for the sake of files which have them. */
function tellOfNoEffect(config: EngineConfig, log: Logger): void {
  const { selinuxEnabled, swarmDefaultAdvertiseAddr, nodeGenericResources, nondistributableArtifacts } =
    config;
  const given = [
    selinuxEnabled && "selinux-enabled",
    swarmDefaultAdvertiseAddr !== "" && "swarm-default-advertise-addr",
    nodeGenericResources.length > 0 && "node-generic-resources",
    nondistributableArtifacts.length > 0 && "allow-nondistributable-artifacts",
  ].filter(Boolean);
  if (given.length > 0) log.warn(`settings without effect here: ${given.join(", ")}`);
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

async function serve(
  daemon: Daemon,
  address: Address,
  config: EngineConfig,
  tls: TLSOptions | undefined,
  log: Logger,
): Promise<Undo> {
  const server: Server = createApiServer({
    routes: daemon.routes,
    experimental: daemon.experimental,
    guard: daemon.guard,
    handled: daemon.handled,
    ...(tls && address.kind === "tcp" ? { tls } : {}),
    logFailure: (request, status, error) => {
      if (status >= 500) log.error(`Handler for ${request} returned error: ${messageOf(error)}`, { status });
      else log.debug(`Handler for ${request} returned: ${messageOf(error)}`, { status });
    },
  });
  server.on("request", trimSoon);
  if (address.kind === "tcp" && !tls) {
    log.warn("the API is served without TLS: whoever reaches this port is root on this machine", {
      address: show(address),
    });
  }
  const close =
    address.kind === "fd"
      ? await serveActivated(server, activatedSockets(address.which), config.execRoot)
      : await listen(server, address, config.group);
  log.info(`API listen on ${show(address)}`);
  return close;
}

/** A mistake in one place must not end the daemon for all containers; it is told with where it was made. */
function surviveMistakes(log: Logger): void {
  const tell = (error: unknown) =>
    log.error("unhandled error: please report it", {
      error: messageOf(error),
      stack: error instanceof Error ? (error.stack ?? "") : "",
    });
  process.on("unhandledRejection", tell);
  process.on("uncaughtException", tell);
}

/** A configuration that cannot be read or contradicts itself leaves everything as it is. */
function reload(daemon: Daemon, reread: () => EngineConfig, log: Logger): void {
  try {
    daemon.reload(reread());
  } catch (error) {
    log.error("configuration is not reloaded", { error: messageOf(error) });
  }
}

/** SIGTERM and SIGINT end the daemon in order, a third one at once; SIGHUP reads the configuration anew. */
function stopOnSignals(undo: Undo[], reload: () => void, log: Logger): void {
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
  process.on("SIGHUP", () => reload());
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
