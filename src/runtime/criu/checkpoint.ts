/** Writes a container's state to image files, by CRIU's dump. */
import { invalidArgument } from "../../errors/errors.ts";
import { folderOf, unifiedFolder } from "../../linux/cgroup/cgroup.ts";
import { cgroupLayout } from "../../linux/cgroup/layout.ts";
import { closeFd, O_RDWR, openFd, writeFd } from "../../linux/fd.ts";
import { pathExists } from "../../linux/path-exists.ts";
import { OpenDescriptors } from "../descriptors.ts";
import { gatherFacts } from "../facts.ts";
import type { ContainerRecord } from "../state/store.ts";
import { requireFeature } from "./features.ts";
import { configuration, type Folders, type Options } from "./flags.ts";
import { failWithLog, folderOptions } from "./images.ts";
import { REQUEST } from "./messages.ts";
import { dumpedMounts, outsideMounts } from "./mounts.ts";
import { dumpedNamespaces } from "./namespaces.ts";
import { CriuSession } from "./session.ts";
import { dumpedStreams, outsideFiles, saveStreams } from "./streams.ts";

const LOG = "dump.log";

export interface CheckpointOptions {
  folders: Folders;
  /** From the flags. */
  criu: Options;
  /** Only the memory, while the container goes on. */
  preDump: boolean;
  /** Descriptor that gets a zero byte when pages can be fetched. */
  statusFd?: number;
}

/** CRIU freezes by the cgroup, so that no process forks away. */
function freezer(record: ContainerRecord): Options {
  const folder =
    cgroupLayout().mode === "v2" ? unifiedFolder(record.cgroup) : folderOf(record.cgroup, "freezer");
  return folder ? { freezeCgroup: folder.path } : {};
}

async function containerOptions(record: ContainerRecord): Promise<Options> {
  const { seccomp: _, intelRdt: __, ...linux } = record.spec.linux ?? {};
  const facts = await gatherFacts(
    record.id,
    { ...record.spec, linux },
    {
      bundle: record.bundle,
      seccompFolder: undefined,
      fds: {},
      preserveFds: 0,
      noPivot: false,
      noNewKeyring: false,
      cgroup: record.cgroup,
    },
  );
  const mounts = outsideMounts(record.spec, facts, record.rootfs);
  return { externalMounts: dumpedMounts(mounts, linux.maskedPaths ?? [], record.pid) };
}

function checkStatusFd(fd: number | undefined): void {
  if (fd !== undefined && !pathExists(`/proc/self/fd/${fd}`))
    throw invalidArgument(`invalid --status-fd argument ${fd}: bad file descriptor`);
}

/** Errors: system with CRIU's reason; the container then goes on. */
export async function checkpoint(record: ContainerRecord, options: CheckpointOptions): Promise<void> {
  const open = new OpenDescriptors();
  const { folders, preDump, statusFd } = options;
  checkStatusFd(statusFd);
  try {
    const none = open.keep(openFd("/dev/null", O_RDWR));
    const streams = [none, none, none] as const;
    if (preDump) requireFeature("memoryTracking", streams);
    if (options.criu.lazyPages) requireFeature("lazyPages", streams);
    const names = dumpedStreams(record);
    const criu: Options = {
      ...options.criu,
      ...folderOptions(folders, LOG, (fd) => open.keep(fd)),
      ...configuration(record.spec.annotations),
      ...freezer(record),
      ...(preDump ? {} : await containerOptions(record)),
      pid: record.pid,
      root: record.rootfs,
      external: [...dumpedNamespaces(record.spec, record.pid), ...outsideFiles(names)],
    };
    if (!preDump) saveStreams(folders.images, names);
    dump(new CriuSession(streams), criu, options);
  } finally {
    open.close();
  }
}

function dump(session: CriuSession, criu: Options, { preDump, statusFd, folders }: CheckpointOptions): void {
  const type = preDump ? REQUEST.preDump : REQUEST.dump;
  try {
    session.run({ type, options: criu }, ({ script, fd }) => {
      if (fd !== undefined) closeFd(fd);
      if (script !== "status-ready" || statusFd === undefined) return;
      writeFd(statusFd, new Uint8Array(1));
      closeFd(statusFd);
    });
  } catch (error) {
    failWithLog(error, folders, LOG);
  }
}
