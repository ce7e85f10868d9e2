/**
 * The resctrl file system (Intel RDT, AMD QoS): groups of processes with a share of cache and memory bandwidth.
 * Kernel: Documentation/arch/x86/resctrl.rst. A group is a folder whose "tasks" and "schemata" the kernel makes.
 */
import { errnoOf, messageOf, systemError } from "../errors/errors.ts";
import { readSmallFile, writeControlFile } from "./fd.ts";
import { removeFolder } from "./folder.ts";
import { mkdir } from "./mkdir.ts";
import { pathExists } from "./path-exists.ts";

export interface Resctrl {
  /** Where it is mounted. */
  root: string;
  /** Cache allocation (CAT). */
  cache: boolean;
  /** Memory bandwidth allocation (MBA). */
  bandwidth: boolean;
}

/** One group, and the monitoring group in it. */
export interface ResctrlGroup {
  path: string;
  /** A folder in `path`/mon_groups. */
  monitoring?: string;
}

/** What a file system mounted at `root` offers. */
export function resctrlAt(root: string): Resctrl {
  return { root, cache: pathExists(`${root}/info/L3`), bandwidth: pathExists(`${root}/info/MB`) };
}

/** The mounted file system; undefined where there is none. */
export function findResctrl(mountinfo: string = readSmallFile("/proc/self/mountinfo")): Resctrl | undefined {
  const line = mountinfo.split("\n").find((one) => one.includes(" - resctrl "));
  const root = line?.split(" ")[4];
  return root === undefined ? undefined : resctrlAt(root);
}

/** Adds what the kernel says of the last failure, if it says anything. */
function failed(root: string, doing: string, error: unknown): never {
  let status = "";
  try {
    status = readSmallFile(`${root}/info/last_cmd_status`).trim();
  } catch {
    // Older kernels have none.
  }
  const said = status && `, last_cmd_status: ${status}`;
  throw systemError(`intelrdt: ${doing}: ${messageOf(error)}${said}`, { cause: error });
}

/** Makes a folder; false when it was there. */
function makeGroup(root: string, path: string): boolean {
  try {
    mkdir(path, 0o755);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    return failed(root, `create ${path}`, error);
  }
}

/** Makes the group and its monitoring group where they are not there. Returns whether the group is new. */
export function createResctrlGroup({ root }: Resctrl, { path, monitoring }: ResctrlGroup): boolean {
  const created = makeGroup(root, path);
  if (monitoring !== undefined) makeGroup(root, monitoring);
  return created;
}

/** Writes lines such as "L3:0=ff;1=c0" in one write(2). Errors: system, with the kernel's reason. */
export function writeSchemata({ root }: Resctrl, { path }: ResctrlGroup, lines: readonly string[]): void {
  if (lines.length === 0) return;
  const text = lines.map((line) => `${line}\n`).join("");
  try {
    writeControlFile(`${path}/schemata`, text);
  } catch (error) {
    failed(root, `unable to write ${JSON.stringify(text)}`, error);
  }
}

/** Removes a group's folder; its processes go back to the group above. What is not there is fine. */
export function removeResctrlFolder(path: string): void {
  try {
    removeFolder(path);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}
