/**
 * Chooses the storage driver as stock does: the one named, else the one that the data root was written by, else the
 * first that works here. Nothing is made in the data root before the choice has been made.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { EngineError, errnoOf, failedPrecondition, messageOf, notImplemented } from "../errors/errors.ts";
import type { IDMap } from "../linux/id-map.ts";
import type { StorageDriver } from "./driver.ts";

/** Names of all drivers that stock Docker ever wrote data roots with. */
const KNOWN = ["overlay2", "overlay", "fuse-overlayfs", "btrfs", "zfs", "aufs", "devicemapper", "vfs"];
/** In this order they are tried for a new data root, as stock does. */
const PRIORITY = ["btrfs", "zfs", "overlay2", "fuse-overlayfs", "aufs", "vfs"];

type Open = (root: string, options: string[], ids: IDMap | undefined) => Promise<StorageDriver>;

/** Each folder is made only when the driver can work. */
const DRIVERS: Record<string, Open> = {
  async overlay2(root, given, ids) {
    const [{ Overlay }, { probeOverlay }, { kernelOverlay }, options, { overlayLimits }] = await Promise.all([
      import("./overlay2/driver.ts"),
      import("./overlay2/probe.ts"),
      import("./overlay2/mount.ts"),
      import("./overlay2/options.ts"),
      import("./overlay2/limits.ts"),
    ]);
    const chosen = options.overlayOptions(given);
    const [status, limits] = await inNewFolder(root, () => [
      probeOverlay(root, chosen),
      overlayLimits(root, chosen.size),
    ]);
    return new Overlay(root, {
      name: "overlay2",
      status,
      mounter: kernelOverlay(options.mountPrefix(chosen)),
      nativeDiff: options.hasNativeDiff(chosen),
      whiteouts: chosen.userxattr ? "overlay-user" : "overlay",
      ids,
      limits,
    });
  },
  async "fuse-overlayfs"(root, given, ids) {
    refuseOptions("fuse-overlayfs", given);
    const [{ Overlay }, { fuseOverlay, probeFuseOverlay }, { NO_LIMITS }] = await Promise.all([
      import("./overlay2/driver.ts"),
      import("./fuse-overlayfs/mount.ts"),
      import("./overlay2/limits.ts"),
    ]);
    probeFuseOverlay();
    mkdirSync(root, { recursive: true, mode: 0o710 });
    return new Overlay(root, {
      name: "fuse-overlayfs",
      status: [],
      mounter: fuseOverlay,
      nativeDiff: false,
      whiteouts: "overlay",
      ids,
      limits: NO_LIMITS,
    });
  },
  async devicemapper(root, given, ids) {
    const [{ DeviceMapper }, { probeDeviceMapper }, { deviceMapperOptions }] = await Promise.all([
      import("./devicemapper/driver.ts"),
      import("./devicemapper/probe.ts"),
      import("./devicemapper/options.ts"),
    ]);
    const options = deviceMapperOptions(given);
    const version = probeDeviceMapper();
    return DeviceMapper.open(root, { ...options, ids, version });
  },
  async btrfs(root, given, ids) {
    const { Btrfs, btrfsOptions } = await import("./btrfs/driver.ts");
    return new Btrfs(root, btrfsOptions(given), ids);
  },
  async zfs(root, given, ids) {
    const [{ kernelZfs, ZfsDriver }, { datasetOf, probeZfs }, { zfsOptions }] = await Promise.all([
      import("./zfs/driver.ts"),
      import("./zfs/probe.ts"),
      import("./zfs/options.ts"),
    ]);
    const { dataset } = zfsOptions(given);
    probeZfs();
    return ZfsDriver.open(root, dataset ?? datasetOf(dirname(root)), kernelZfs, ids);
  },
  async aufs(root, given, ids) {
    refuseOptions("aufs", given);
    const { Aufs, kernelAufs, probeAufs } = await import("./aufs/driver.ts");
    const { dirperm1 } = probeAufs(dirname(root));
    return new Aufs(root, dirperm1, kernelAufs, ids);
  },
  async vfs(root, given, ids) {
    refuseOptions("vfs", given);
    return new (await import("./vfs/driver.ts")).Vfs(root, ids);
  },
};

/** What a driver's options begin with, where that is not its name. */
const OPTION_PREFIX: Record<string, string> = { devicemapper: "dm." };

/** A driver that the kernel must have: without, its layers can only be read. */
const ONLY_WITH_KERNEL = ["aufs"];

const isSupported = (name: string): boolean =>
  Object.hasOwn(DRIVERS, name) && (!ONLY_WITH_KERNEL.includes(name) || isSupportedByKernel(name));

/** Names of the drivers that can be used, if the machine has what they need. */
const supportedDrivers = (): string[] => Object.keys(DRIVERS).filter(isSupported);

function refuseOptions(driver: string, [first]: string[]): void {
  if (first !== undefined) throw failedPrecondition(`${driver}: unknown option ${first}`);
}

/** Takes the folder away again if it was not there before and the driver cannot use it. */
async function inNewFolder<T>(root: string, use: () => T): Promise<T> {
  const isNew = !existsSync(root);
  mkdirSync(root, { recursive: true, mode: 0o710 });
  try {
    return use();
  } catch (error) {
    if (isNew) rmdirSync(root);
    throw error;
  }
}

export interface OpenDriverOptions {
  /** The data root. */
  root: string;
  /** --storage-driver */
  name?: string | undefined;
  /** --storage-opt, "overlay2.size=10G"; those of other drivers are left aside. */
  options?: string[];
  /** --userns-remap */
  ids?: IDMap | undefined;
}

/** Errors: failedPrecondition or notImplemented, naming the cause and the cure. */
export async function openDriver(given: OpenDriverOptions): Promise<StorageDriver> {
  const { root, name } = given;
  if (name) return open(given, name, `error initializing graphdriver: ${name}`);
  const prior = priorDrivers(root);
  if (prior.length > 1) {
    throw failedPrecondition(
      `error initializing graphdriver: ${root} contains several valid graphdrivers: ${prior.join(", ")}; please cleanup or explicitly choose storage driver (-s <DRIVER>)`,
    );
  }
  if (prior[0] !== undefined) return openPrior(given, prior[0]);
  return openFirst(given);
}

/** A prior driver that fails may have all the images and containers: the error says what becomes of them. */
async function openPrior(given: OpenDriverOptions, name: string): Promise<StorageDriver> {
  try {
    return await open(given, name, `[graphdriver] prior storage driver "${name}" failed`);
  } catch (cause) {
    if (!isSupported(name)) throw cause;
    throw new EngineError(
      "failedPrecondition",
      `${messageOf(cause)} (what is in ${join(given.root, name)} is left as it is; to start without it, give another --data-root)`,
      { cause },
    );
  }
}

async function openFirst(given: OpenDriverOptions): Promise<StorageDriver> {
  const failures: string[] = [];
  for (const name of PRIORITY.filter(isSupported)) {
    try {
      return await open(given, name, name);
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  throw failedPrecondition(
    `error initializing graphdriver: no storage driver works here: ${failures.join("; ")}`,
  );
}

async function open(given: OpenDriverOptions, name: string, what: string): Promise<StorageDriver> {
  const { root, options = [], ids } = given;
  if (ONLY_WITH_KERNEL.includes(name) && !isSupported(name)) loadModule(name);
  const driver = isSupported(name) ? DRIVERS[name] : undefined;
  if (!driver) throw notImplemented(`${what}: driver not supported (${cureFor(root, name)})`);
  try {
    return await driver(
      join(root, name),
      options.filter((option) => option.startsWith(OPTION_PREFIX[name] ?? `${name}.`)),
      ids,
    );
  } catch (cause) {
    throw new EngineError("failedPrecondition", `${what}: ${messageOf(cause)}`, { cause });
  }
}

/** Why a driver that stock has, or had, is not here, and what to do for a data root that it has written. */
const CAUSES: Record<string, string> = {
  aufs: "kernels since 4.18 and Docker since 24 have no aufs",
  overlay: "Docker since 24 has no overlay, the driver before overlay2",
};

function cureFor(root: string, name: string): string {
  const to = isSupportedByKernel("overlay") ? "overlay2" : "vfs";
  const supported = `supported here: ${supportedDrivers().join(", ")}`;
  const cause = Object.hasOwn(CAUSES, name) ? CAUSES[name] : `there is no storage driver of this name`;
  if (!existsSync(join(root, name))) return `${cause}; ${supported}`;
  if (name === "aufs")
    return `${cause}; its layers can still be read: \`dockerd migrate --from aufs --to ${to} -g ${root}\` brings images and containers over; ${supported}`;
  return `${cause}; what is in ${join(root, name)} is left as it is: on a machine that has the driver, \`docker save\` the images and \`docker load\` them here, or start with another --data-root; ${supported}`;
}

/** As stock does for it; where there is no such module, what follows tells. */
function loadModule(name: string): void {
  if (Bun.which("modprobe") !== null) Bun.spawnSync(["modprobe", "-q", name], { stderr: "ignore" });
}

function isSupportedByKernel(name: string): boolean {
  try {
    return readFileSync("/proc/filesystems", "utf8").includes(`\t${name}\n`);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Drivers whose folders in the data root hold something; vfs alone does not count beside another, as in stock. */
function priorDrivers(root: string): string[] {
  const found = KNOWN.filter((name) => holdsLayers(join(root, name)));
  return found.length > 1 ? found.filter((name) => name !== "vfs") : found;
}

/** Folders that a driver makes for itself, before there is any layer. */
const OWN_FOLDERS = ["l", "dir", "diff", "layers", "mnt", "subvolumes", "quotas"];

function holdsLayers(folder: string): boolean {
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some(
    (entry) => !OWN_FOLDERS.includes(entry) || readdirSync(join(folder, entry)).length > 0,
  );
}
