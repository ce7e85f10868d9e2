/**
 * Chooses the storage driver as stock does: the one named, else the one that the data root was written by, else the
 * first that works here. Nothing is made in the data root before the choice has been made.
 */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EngineError, failedPrecondition, messageOf, notImplemented } from "../errors/errors.ts";
import type { StorageDriver } from "./driver.ts";

/** Names of all drivers that stock Docker ever wrote data roots with. */
const KNOWN = ["overlay2", "overlay", "fuse-overlayfs", "btrfs", "zfs", "aufs", "devicemapper", "vfs"];
const PRIORITY = ["overlay2", "vfs"];

type Open = (root: string) => Promise<StorageDriver>;

const DRIVERS: Record<string, Open> = {
  overlay2: async (root) => {
    const [{ Overlay2 }, { probeOverlay }] = await Promise.all([
      import("./overlay2/driver.ts"),
      import("./overlay2/probe.ts"),
    ]);
    mkdirSync(root, { recursive: true, mode: 0o710 });
    return new Overlay2(root, probeOverlay(root));
  },
  vfs: async (root) => new (await import("./vfs/driver.ts")).Vfs(root),
};

export interface OpenDriverOptions {
  /** The data root. */
  root: string;
  /** --storage-driver */
  name?: string | undefined;
}

/** Errors: failedPrecondition or notImplemented, naming the cause and the cure. */
export async function openDriver({ root, name }: OpenDriverOptions): Promise<StorageDriver> {
  if (name) return open(root, name, `error initializing graphdriver: ${name}`);
  const prior = priorDrivers(root);
  if (prior.length > 1) {
    throw failedPrecondition(
      `error initializing graphdriver: ${root} contains several valid graphdrivers: ${prior.join(", ")}; please cleanup or explicitly choose storage driver (-s <DRIVER>)`,
    );
  }
  if (prior[0] !== undefined)
    return open(root, prior[0], `[graphdriver] prior storage driver "${prior[0]}" failed`);
  return openFirst(root);
}

async function openFirst(root: string): Promise<StorageDriver> {
  const failures: string[] = [];
  for (const name of PRIORITY) {
    try {
      return await open(root, name, name);
    } catch (error) {
      failures.push(messageOf(error));
    }
  }
  throw failedPrecondition(
    `error initializing graphdriver: no storage driver works here: ${failures.join("; ")}`,
  );
}

async function open(root: string, name: string, what: string): Promise<StorageDriver> {
  const driver = Object.hasOwn(DRIVERS, name) ? DRIVERS[name] : undefined;
  if (!driver) {
    throw notImplemented(
      `${what}: driver not supported (supported here: ${Object.keys(DRIVERS).join(", ")}; the images in ${root}/${name} are left as they are: choose another --data-root, or bring them over with docker save and docker load)`,
    );
  }
  try {
    return await driver(join(root, name));
  } catch (cause) {
    throw new EngineError("failedPrecondition", `${what}: ${messageOf(cause)}`, { cause });
  }
}

/** Drivers whose folders in the data root hold something; vfs alone does not count beside another, as in stock. */
export function priorDrivers(root: string): string[] {
  const found = KNOWN.filter((name) => {
    const folder = join(root, name);
    return (
      existsSync(folder) &&
      readdirSync(folder).some((entry) => !["l", "dir"].includes(entry) || hasEntries(join(folder, entry)))
    );
  });
  return found.length > 1 ? found.filter((name) => name !== "vfs") : found;
}

const hasEntries = (folder: string): boolean => readdirSync(folder).length > 0;
