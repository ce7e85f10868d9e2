/** Writes resource limits into a cgroup, on whatever version the host has. */
import { errnoOf, invalidArgument, messageOf, systemError } from "../../errors/errors.ts";
import type { LinuxResources } from "../../oci/runtime-spec.ts";
import { closeFd, O_WRONLY, openFd, readSmallFile, writeFd } from "../fd.ts";
import { type Cgroup, type CgroupFolder, folderOf, unifiedFolder } from "./cgroup.ts";
import { type ControlWrite, currentMemoryLimit, v1Writes } from "./limits-v1.ts";
import { applyV2 } from "./limits-v2.ts";

const encoder = new TextEncoder();
const MEMORY_LIMIT = "memory.limit_in_bytes";
/** A period, and the time in it. */
const QUOTA_OF: Readonly<Record<string, string>> = {
  "cpu.rt_period_us": "cpu.rt_runtime_us",
  "cpu.cfs_period_us": "cpu.cfs_quota_us",
};

/** The kernel reclaims what it can, and refuses a limit below what is left. */
function memoryInUse(write: ControlWrite, path: string, error: unknown): Error {
  const folder = path.slice(0, -MEMORY_LIMIT.length);
  const usage = readSmallFile(`${folder}memory.usage_in_bytes`).trim();
  const peak = readSmallFile(`${folder}memory.max_usage_in_bytes`).trim();
  return systemError(
    `unable to set memory limit to ${write.text} (current usage: ${usage}, peak usage: ${peak})`,
    { cause: error },
  );
}

/** Why a control file could not be written, with the member of config.json that asked for it. */
function refused(write: ControlWrite, path: string, error: unknown): Error {
  if (errnoOf(error) === "EBUSY" && write.file === MEMORY_LIMIT) return memoryInUse(write, path, error);
  const missing = errnoOf(error) === "ENOENT" ? " (this kernel does not have the control)" : "";
  return systemError(
    `linux.resources.${write.tag}: write ${JSON.stringify(write.text)} to ${path}: ${errnoOf(error) ?? messageOf(error)}${missing}`,
    { cause: error },
  );
}

/** Writes to control files; one that gets several writes in a row, as those for devices do, is opened once. */
class ControlFiles {
  #path = "";
  #fd = -1;

  write(path: string, text: string): void {
    if (path !== this.#path) {
      this.close();
      this.#fd = openFd(path, O_WRONLY);
      this.#path = path;
    }
    writeFd(this.#fd, encoder.encode(text));
  }

  close(): void {
    if (this.#path !== "") closeFd(this.#fd);
    this.#path = "";
  }
}

function writeOne(files: ControlFiles, folder: CgroupFolder | undefined, write: ControlWrite): void {
  if (!folder)
    throw systemError(
      `linux.resources.${write.tag}: this host has no ${write.controller} cgroup controller, so the limit cannot be set`,
    );
  const path = `${folder.path}/${write.file}`;
  try {
    files.write(path, write.text);
  } catch (error) {
    throw refused(write, path, error);
  }
  if (write.file === "cpu.shares") checkShares(path, Number(write.text));
}

/** The kernel takes any weight and keeps one within its bounds: what was not kept is refused, as by runc. */
function checkShares(path: string, asked: number): void {
  const kept = Number(readSmallFile(path));
  if (asked > kept) throw systemError(`the maximum allowed cpu-shares is ${kept}`);
  if (asked < kept) throw systemError(`the minimum allowed cpu-shares is ${kept}`);
}

const errnoOfCause = (error: unknown) => errnoOf(error instanceof Error ? error.cause : error);

/** A shorter period is refused while the old quota does not fit into it: then it follows the quota. */
function writeAll(cgroup: Cgroup, writes: ControlWrite[], files: ControlFiles): void {
  let late: ControlWrite | undefined;
  for (const write of writes) {
    const folder = folderOf(cgroup, write.controller);
    try {
      writeOne(files, folder, write);
    } catch (error) {
      const code = errnoOfCause(error);
      if (code === "ENOENT" && write.optional) continue;
      if (code !== "EINVAL" || !writes.some(({ file }) => file === QUOTA_OF[write.file])) throw error;
      late = write;
    }
    if (!late || write.file !== QUOTA_OF[late.file]) continue;
    writeOne(files, folder, late);
    late = undefined;
  }
}

/** Whether the host's controllers are in the unified hierarchy. */
const isV2 = (cgroup: Cgroup) => cgroup.every((folder) => folder.version === 2);

/** Sets the limits of a cgroup. With `devices`, also which devices it may use: at creation, not at an update. */
export async function applyLimits(
  cgroup: Cgroup,
  resources: LinuxResources,
  options: { devices: boolean },
): Promise<void> {
  if (isV2(cgroup)) {
    return applyV2(unifiedFolder(cgroup)!, resources, options);
  }
  const fresh = options.devices;
  const writes = v1Writes(resources, {
    devices: options.devices,
    ...(fresh ? {} : { currentMemoryLimit: () => currentMemoryLimit(cgroup) }),
  });
  if (Object.keys(resources.unified ?? {}).length > 0)
    throw invalidArgument(
      "linux.resources.unified: invalid configuration: this host's controllers are of cgroup v1: use memory, cpu and the other members",
    );
  const files = new ControlFiles();
  try {
    writeAll(cgroup, writes, files);
  } finally {
    files.close();
  }
}
