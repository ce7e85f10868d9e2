/** Freezing and thawing all processes of a cgroup. */
import { systemError } from "../../errors/errors.ts";
import { readSmallFile, writeControlFile } from "../fd.ts";
import { type Cgroup, type CgroupFolder, folderOf, unifiedFolder } from "./cgroup.ts";

function freezerOf(cgroup: Cgroup): CgroupFolder | undefined {
  return folderOf(cgroup, "freezer") ?? unifiedFolder(cgroup);
}

function read(folder: CgroupFolder): string {
  const file = folder.version === 1 ? "freezer.state" : "cgroup.events";
  try {
    return readSmallFile(`${folder.path}/${file}`).trim();
  } catch {
    return "";
  }
}

function reached(folder: CgroupFolder, frozen: boolean): boolean {
  const text = read(folder);
  if (folder.version === 1) return text === (frozen ? "FROZEN" : "THAWED");
  return text.includes(frozen ? "frozen 1" : "frozen 0");
}

/** Whether the cgroup is frozen; false where it is gone. */
export function isFrozen(cgroup: Cgroup): boolean {
  const folder = freezerOf(cgroup);
  if (!folder) return false;
  if (folder.version === 1) return read(folder).startsWith("FR");
  try {
    return readSmallFile(`${folder.path}/cgroup.freeze`).trim() === "1";
  } catch {
    return false;
  }
}

/** Freezes or thaws, and waits for at most 2 s until the kernel has done it. */
export function setFrozen(cgroup: Cgroup, frozen: boolean): void {
  const folder = freezerOf(cgroup);
  if (!folder) throw systemError("this host has no freezer cgroup: containers cannot be paused");
  const [file, on, off] =
    folder.version === 1 ? ["freezer.state", "FROZEN", "THAWED"] : ["cgroup.freeze", "1", "0"];
  for (let wait = 1; wait <= 1024; wait *= 2) {
    // v1 may stay in FREEZING when processes fork meanwhile: writing again moves it on.
    writeControlFile(`${folder.path}/${file}`, frozen ? on! : off!);
    if (reached(folder, frozen)) return;
    Bun.sleepSync(wait);
  }
  if (frozen) writeControlFile(`${folder.path}/${file}`, off!);
  throw systemError(`${frozen ? "freeze" : "thaw"} ${folder.path}: still ${read(folder)} after 2 s`);
}
