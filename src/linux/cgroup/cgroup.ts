/** A container's control group: one folder in each hierarchy of the host. */
import { errnoOf, messageOf, systemError } from "../../errors/errors.ts";
import { makeFolder, makeFolderIn, readSmallFile, writeControlFile } from "../fd.ts";
import { listFolder, removeFolder, removeFolderIfEmpty } from "../folder.ts";
import { type CgroupLayout, cgroupLayout, cgroupsOfProcess, type Hierarchy } from "./layout.ts";

/** One folder of a cgroup. JSON-safe: the runtime keeps it in its state. */
export interface CgroupFolder {
  version: 1 | 2;
  controllers: string[];
  path: string;
}

/** All folders of a cgroup, one for each hierarchy. */
export type Cgroup = CgroupFolder[];

const join = (...parts: string[]) =>
  `/${parts
    .join("/")
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;

function refuseDots(path: string): void {
  if (path.split("/").includes(".."))
    throw systemError(`cgroup path ${JSON.stringify(path)} must not contain ".."`);
}

/** What lies between a hierarchy's mount point and this process's own folder in it. */
function ownPath(hierarchy: Hierarchy, own: Map<string, string>): string {
  const key = hierarchy.version === 2 ? "" : hierarchy.controllers[0]!;
  const path = own.get(key) ?? "/";
  return hierarchy.root !== "/" && path.startsWith(hierarchy.root) ? path.slice(hierarchy.root.length) : path;
}

/**
 * The folders for linux.cgroupsPath: an absolute path counts from the mount points, a relative one from the
 * caller's own cgroup. Nothing is created.
 */
export function locateCgroup(cgroupsPath: string, layout: CgroupLayout = cgroupLayout()): Cgroup {
  refuseDots(cgroupsPath);
  const own = cgroupsPath.startsWith("/") ? undefined : cgroupsOfProcess("self");
  const below = join(cgroupsPath);
  const cgroup: Cgroup = [];
  for (const hierarchy of layout.hierarchies) {
    const { version, controllers, mountpoint } = hierarchy;
    const path = own ? join(mountpoint, ownPath(hierarchy, own), below) : `${mountpoint}${below}`;
    // All processes of the host are there: they would get the limits, and be killed with the container.
    if (below === "/" && path.length <= mountpoint.length + 1)
      throw systemError(
        `cgroup path ${JSON.stringify(cgroupsPath)} is the root: name a folder for the container`,
      );
    cgroup.push({ version, controllers, path });
  }
  return cgroup;
}

/** The folder of a v1 controller, or the unified one, or undefined where the host has none. */
export function folderOf(cgroup: Cgroup, controller: string): CgroupFolder | undefined {
  return cgroup.find((folder) => folder.controllers.includes(controller));
}

/** The unified hierarchy's folder, if there is one. */
export function unifiedFolder(cgroup: Cgroup): CgroupFolder | undefined {
  return cgroup.find((folder) => folder.version === 2);
}

/** Folders from the mount point down to `path`, `path` included and the mount point not. */
function lineage(mountpoint: string, path: string): string[] {
  const names = path.slice(mountpoint.length).split("/").filter(Boolean);
  return names.map((_, i) => join(mountpoint, ...names.slice(0, i + 1)));
}

/**
 * cpuset v1 takes no process before it has processors and memory nodes: they come from the parent. Returns false where
 * that has none itself.
 */
function inheritCpuset(path: string): boolean {
  const parent = path.slice(0, path.lastIndexOf("/"));
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (readSmallFile(`${path}/${file}`).trim() !== "") continue;
    const above = readSmallFile(`${parent}/${file}`).trim();
    if (above === "") return false;
    writeControlFile(`${path}/${file}`, above);
  }
  return true;
}

/** Enables for the children of a v2 folder all the controllers that it has itself. */
function delegateControllers(path: string): void {
  const controllers = readSmallFile(`${path}/cgroup.controllers`).split(/\s+/).filter(Boolean);
  const enabled = readSmallFile(`${path}/cgroup.subtree_control`).split(/\s+/).filter(Boolean);
  const missing = controllers.filter((c) => !enabled.includes(c));
  if (missing.length === 0) return;
  try {
    writeControlFile(`${path}/cgroup.subtree_control`, missing.map((c) => `+${c}`).join(" "));
  } catch {
    // One at a time: a controller that cannot be enabled (rt processes, busy folder) must not hold up the others.
    for (const controller of missing) {
      try {
        writeControlFile(`${path}/cgroup.subtree_control`, `+${controller}`);
      } catch {
        // A limit that needs this controller then fails with an error that names its file.
      }
    }
  }
}

function createFolder(folder: CgroupFolder, mountpoint: string, solely: boolean): void {
  // Mostly the parent is there, and nothing has to be told to it.
  const isCpuset = folder.version === 1 && folder.controllers.includes("cpuset");
  if ((folder.version === 1 || !solely) && makeFolderIn(folder.path, 0o755))
    if (!isCpuset || inheritCpuset(folder.path)) return;
  let parent = mountpoint;
  for (const path of lineage(mountpoint, folder.path)) {
    if (folder.version === 2 && solely) delegateControllers(parent);
    makeFolder(path, 0o755);
    if (isCpuset) inheritCpuset(path);
    parent = path;
  }
}

/** Creates the folders and those above them. On failure what was created is removed again. */
export function createCgroup(cgroup: Cgroup, layout: CgroupLayout = cgroupLayout()): void {
  for (const folder of cgroup) {
    const hierarchy = layout.hierarchies.find((h) => folder.path.startsWith(`${h.mountpoint}/`));
    if (!hierarchy) continue;
    try {
      createFolder(folder, hierarchy.mountpoint, layout.mode === "v2");
    } catch (error) {
      removeCgroup(cgroup);
      throw systemError(`create cgroup ${folder.path}: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** Removes the folders of a cgroup in which nothing is left; returns whether all of them are gone. */
export function removeEmptyCgroup(cgroup: Cgroup): boolean {
  let gone = true;
  for (const { path } of cgroup) gone = removeFolderIfEmpty(path) && gone;
  return gone;
}

/** Removes a folder and those below it; retries for up to 2 s while the kernel still takes its processes apart. */
function removeTree(path: string): void {
  for (let wait = 1; ; wait *= 2) {
    try {
      removeFolder(path);
      return;
    } catch (error) {
      const code = errnoOf(error);
      if (code === "ENOENT") return;
      if (code !== "EBUSY" || wait > 1024)
        throw systemError(`remove cgroup ${path}: ${messageOf(error)}`, { cause: error });
    }
    for (const { name, isFolder } of listFolder(path)) if (isFolder) removeTree(`${path}/${name}`);
    Bun.sleepSync(wait);
  }
}

/** Removes all folders of a cgroup; what is not there is fine. Throws for the first that stays. */
export function removeCgroup(cgroup: Cgroup): void {
  let failure: unknown;
  for (const folder of cgroup) {
    try {
      removeTree(folder.path);
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
}

/** The ids of the processes in a cgroup and those below it. */
export function cgroupProcesses(cgroup: Cgroup): number[] {
  const folder =
    folderOf(cgroup, "devices") ?? folderOf(cgroup, "name=systemd") ?? unifiedFolder(cgroup) ?? cgroup[0];
  return folder ? [...new Set(processesBelow(folder.path))].sort((a, b) => a - b) : [];
}

function processesBelow(path: string): number[] {
  let text: string;
  let below: ReturnType<typeof listFolder>;
  try {
    text = readSmallFile(`${path}/cgroup.procs`);
    below = listFolder(path).filter((entry) => entry.isFolder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
  return text
    .split("\n")
    .filter(Boolean)
    .map(Number)
    .concat(below.flatMap((entry) => processesBelow(`${path}/${entry.name}`)));
}
