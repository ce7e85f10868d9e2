/** `dockerd migrate`: images and containers of a data root from one storage driver to another, without a registry. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { conflict, failedPrecondition, invalidArgument, messageOf, notFound } from "../../errors/errors.ts";
import { removePartials, syncFolder, writeAtomic } from "../../files/atomic.ts";
import { faultPoint } from "../../files/fault.ts";
import { MNT, unmount } from "../../linux/mount.ts";
import { createLogger } from "../../log/log.ts";
import type { StorageDriver } from "../../storage/driver.ts";
import { openDriver } from "../../storage/open.ts";
import { aufsLayers, type LayerSource, overlayLayers } from "../../storage/retired/layers.ts";
import { LayerRecords } from "../layers/records.ts";
import { LayerDatabase } from "../layers/store.ts";
import { copyContainer, copyLayers } from "./copy.ts";
import { endMigration, type MigrationRecord, readMigration, writeMigration } from "./progress.ts";

export interface MigrateOptions {
  /** The data root; nobody else may use it meanwhile. */
  root: string;
  from: string;
  to: string;
  /** --storage-opt, of both drivers. */
  storageOpts?: string[];
  /** Leave the old copy, under names with ".migrated" at the end. */
  keep: boolean;
  say(line: string): void;
}

/**
 * Copies, verifies, switches over, and only then removes the old copy. A run that was killed goes on where it was.
 * Errors: invalidArgument, notFound, conflict, failedPrecondition, dataLoss; the old copy is then as it was.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const record = begin(options);
  await removePartials(options.root, ["*", "containers/*/*"]);
  if (record.phase === "copy") {
    try {
      await copy(options, record);
    } catch (error) {
      await abandon(options);
      throw error;
    }
  }
  if (record.phase === "switch") {
    switchContainers(options);
    advance(options.root, record, "remove");
  }
  await removeOld(options);
  faultPoint("migrate.end");
  endMigration(options.root);
  options.say(`the data root is on ${options.to} now`);
}

function begin({ root, from, to, say }: MigrateOptions): MigrationRecord {
  if (from === to) throw invalidArgument(`--from and --to are both ${from}`);
  const pending = readMigration(root);
  if (pending && (pending.from !== from || pending.to !== to)) {
    throw conflict(
      `a migration from ${pending.from} to ${pending.to} was interrupted: finish it first with \`dockerd migrate --from ${pending.from} --to ${pending.to} -g ${root}\``,
    );
  }
  if (pending) {
    say(`going on with an interrupted migration, which was at "${pending.phase}"`);
    // None was mounted when it began, so these are its own, which a kill left.
    for (const path of [...mountsBelow(root, from), ...mountsBelow(root, to)].reverse())
      unmount(path, MNT.DETACH);
    return pending;
  }
  if (!existsSync(join(root, "image", from)))
    throw notFound(
      `${root} has no images of storage driver ${from} (${imageDrivers(root) || "nor of any other"})`,
    );
  if (hasLayers(root, to))
    throw conflict(
      `${root} has layers of ${to} already, which would be mixed with those of ${from}: move ${join(root, to)} and ${join(root, "image", to)} away first`,
    );
  refuseMounted(root, from);
  const record: MigrationRecord = { from, to, phase: "copy", containers: [] };
  writeMigration(root, record);
  return record;
}

/** Takes away what a copy that cannot be finished has made. */
async function abandon({ root, to, storageOpts = [] }: MigrateOptions): Promise<void> {
  if (existsSync(join(root, to))) {
    const driver = await openDriver({ root, name: to, options: storageOpts });
    for (const id of await driver.list()) await driver.remove(id);
    await driver.cleanup();
  }
  for (const place of [join(root, "image", to), join(root, to)])
    rmSync(place, { recursive: true, force: true });
  endMigration(root);
}

const imageDrivers = (root: string): string =>
  existsSync(join(root, "image")) ? `it has those of: ${readdirSync(join(root, "image")).join(", ")}` : "";

function hasLayers(root: string, driver: string): boolean {
  const layers = join(root, "image", driver, "layerdb/sha256");
  return existsSync(layers) && readdirSync(layers).length > 0;
}

/** The mount points in a driver's folder, in the order of mounting. */
function mountsBelow(root: string, driver: string): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => path.startsWith(`${join(root, driver)}/`));
}

/** A mounted layer belongs to a container that runs, or to a daemon that was killed. */
function refuseMounted(root: string, driver: string): void {
  const [mounted] = mountsBelow(root, driver);
  if (mounted === undefined) return;
  throw failedPrecondition(
    `${mounted} is mounted: stop the containers that still run (start dockerd, docker stop, stop dockerd), or umount it`,
  );
}

function advance(root: string, record: MigrationRecord, phase: MigrationRecord["phase"]): void {
  record.phase = phase;
  writeMigration(root, record);
}

async function openSource({ root, from, storageOpts = [] }: MigrateOptions): Promise<LayerSource> {
  if (from === "aufs") return aufsLayers(root);
  if (from === "overlay") return overlayLayers(root);
  return openDriver({ root, name: from, options: storageOpts });
}

async function copy(options: MigrateOptions, record: MigrationRecord): Promise<void> {
  const source = await openSource(options);
  try {
    const driver = await openDriver({
      root: options.root,
      name: options.to,
      options: options.storageOpts ?? [],
    });
    try {
      await copyBetween(source, driver, options, record);
    } finally {
      await driver.cleanup();
    }
  } finally {
    await source.cleanup();
  }
  advance(options.root, record, "switch");
}

async function copyBetween(
  source: LayerSource,
  driver: StorageDriver,
  { root, from, to, say }: MigrateOptions,
  record: MigrationRecord,
): Promise<void> {
  const records = new LayerRecords(join(root, "image", from, "layerdb"));
  const log = createLogger({ level: "warn", write: (line) => say(line.trimEnd()) });
  const target = await LayerDatabase.open(join(root, "image", to, "layerdb"), driver, log);
  // What an attempt before this one has left.
  await target.settled();
  const sides = { from: source, records, to: target, say };
  await copyLayers(sides);
  for (const mount of records.mounts()) {
    if (record.containers.includes(mount.name)) continue;
    await copyContainer(sides, mount);
    record.containers.push(mount.name);
    advance(root, record, "copy");
    say(`container ${mount.name.slice(0, 12)}: copied and verified`);
  }
  await target.settled();
  copyImages(root, from, to);
}

/** Images are the same under every driver; only their layers are not. */
function copyImages(root: string, from: string, to: string): void {
  const [source, target] = [join(root, "image", from), join(root, "image", to)];
  for (const name of ["imagedb", "distribution", "repositories.json"]) {
    if (!existsSync(join(source, name))) continue;
    rmSync(join(target, name), { recursive: true, force: true });
    cpSync(join(source, name), join(target, name), { recursive: true, preserveTimestamps: true });
  }
  syncFolder(target);
  faultPoint("migrate.copied");
}

/** Containers say in their own record which driver has their layer. */
function switchContainers({ root, from, to }: MigrateOptions): void {
  const containers = join(root, "containers");
  if (!existsSync(containers)) return;
  for (const id of readdirSync(containers)) {
    const path = join(containers, id, "config.v2.json");
    if (!existsSync(path)) continue;
    let config: Record<string, unknown>;
    try {
      config = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    } catch (cause) {
      throw failedPrecondition(`${path}: ${messageOf(cause)} (\`dockerd fsck\` tells more)`, { cause });
    }
    if (config["Driver"] !== from) continue;
    writeAtomic(path, JSON.stringify({ ...config, Driver: to }), { mode: 0o600 });
  }
}

/** What is no longer whole has another name, so that nobody takes it for a driver's. */
const REMOVING = ".removing";

async function removeOld(options: MigrateOptions): Promise<void> {
  const { root, from, keep, say } = options;
  const places = [join(root, "image", from), join(root, from)];
  if (keep) {
    for (const place of places) if (existsSync(place)) renameSync(place, `${place}.migrated`);
    say(`the old copy is kept in ${places.map((place) => `${place}.migrated`).join(" and ")}`);
    return;
  }
  if (existsSync(join(root, from))) {
    const source = await openSource(options);
    for (const id of await source.list()) {
      faultPoint("migrate.remove-layer");
      await source.remove(id);
    }
    await source.cleanup();
  }
  for (const place of places) {
    if (existsSync(place)) renameSync(place, place + REMOVING);
    faultPoint("migrate.hidden");
    rmSync(place + REMOVING, { recursive: true, force: true });
  }
  say(`the old copy on ${from} is removed`);
  mkdirSync(join(root, "image"), { recursive: true });
}
