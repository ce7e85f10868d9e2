/**
 * What docker-runc remembers of a container, in ROOT/ID: state.json, and exec.fifo until it is started.
 * Written to a temporary file and renamed, so that it is whole whenever docker-runc dies; without fsync,
 * because a container does not outlive the kernel either.
 */
import { errnoOf, exists, invalidArgument, messageOf, notFound, systemError } from "../../errors/errors.ts";
import type { Cgroup } from "../../linux/cgroup/cgroup.ts";
import { makeFolder, readSmallFile, replaceSmallFile, unlinkIfThere } from "../../linux/fd.ts";
import { listFolder, removeFolder, removeFolderIfEmpty } from "../../linux/folder.ts";
import { mkdir } from "../../linux/mkdir.ts";
import { pathExists } from "../../linux/path-exists.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import type { RdtGroup } from "../intel-rdt.ts";

export interface KeptSeccomp {
  /** The profile as JSON. */
  text: string;
  /** What its compiled form is kept by. */
  digest: string;
  /** As seccomp(2) takes them. */
  flags: number;
  /** Whether an agent is handed a descriptor. */
  listener: boolean;
}

export interface ContainerRecord {
  id: string;
  ociVersion: string;
  bundle: string;
  /** 0 until init has cloned. */
  pid: number;
  /** Of the process, in clock ticks since boot: tells it from a later one with the same id. */
  startTime: string;
  /** RFC 3339. */
  created: string;
  cgroup: Cgroup;
  /** systemd's unit for the cgroup, with --systemd-cgroup. */
  unit?: string;
  /** Its group in the resctrl file system, if it has one. */
  rdt?: RdtGroup;
  rootfs: string;
  /** Without a mount namespace: the mount that the root was on before the container had one there (host-root.ts). */
  mountBefore?: number;
  owner: number;
  /** linux.seccomp, which in a state that was loaded is only here: as text, it costs the commands that do not look at it little. */
  seccomp?: KeptSeccomp;
  /** Created with --no-new-keyring: further processes keep their caller's keyring too. */
  noNewKeyring?: boolean;
  /** What its streams were at first, for a checkpoint: see criu/streams.ts. */
  streams?: string[];
  spec: Spec;
}

/** Below the root: what is kept for all containers. No id can be this name. */
export const CACHE_FOLDER = ".~cache";

/** Throws invalidArgument unless the id can be the name of a folder. */
function checkId(id: string): void {
  if (!/^[\w+.-]+$/.test(id) || id === "." || id === "..")
    throw invalidArgument(
      `invalid container ID format: ${JSON.stringify(id)}: use letters, digits, "_", "+", "-" and "."`,
    );
}

/** The state of containers on disk: a folder each below `--root`. */
export class StateStore {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  folder(id: string): string {
    checkId(id);
    return `${this.root}/${id}`;
  }

  fifo(id: string): string {
    return `${this.folder(id)}/exec.fifo`;
  }

  /** Makes the container's folder; throws exists when there is one. */
  claim(id: string): void {
    const folder = this.folder(id);
    try {
      if (!pathExists(this.root)) this.#makeRoot();
      mkdir(folder, 0o711);
    } catch (error) {
      if (errnoOf(error) === "EEXIST") throw exists("container with given ID already exists");
      throw systemError(`create ${folder}: ${messageOf(error)}`, { cause: error });
    }
  }

  #makeRoot(): void {
    const parts = this.root.split("/").filter(Boolean);
    parts.forEach((_, i) => {
      makeFolder(`/${parts.slice(0, i + 1).join("/")}`, i === parts.length - 1 ? 0o711 : 0o755);
    });
  }

  save(record: ContainerRecord): void {
    const path = `${this.folder(record.id)}/state.json`;
    const { seccomp: _, ...linux } = record.spec.linux ?? {};
    const kept = record.seccomp ? { ...record, spec: { ...record.spec, linux } } : record;
    replaceSmallFile(path, JSON.stringify(kept), 0o600, { sync: false });
  }

  /** Throws notFound when there is no such container. */
  load(id: string): ContainerRecord {
    let text: string;
    try {
      text = readSmallFile(`${this.folder(id)}/state.json`);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") throw notFound("container does not exist");
      throw error;
    }
    return JSON.parse(text) as ContainerRecord;
  }

  remove(id: string): void {
    const folder = this.folder(id);
    try {
      unlinkIfThere(`${folder}/state.json`);
      unlinkIfThere(`${folder}/exec.fifo`);
      if (removeFolderIfEmpty(folder)) return;
      for (const { name, isFolder } of listFolder(folder)) {
        // A folder is the root of a restore that was killed.
        if (isFolder) removeFolder(`${folder}/${name}`);
        else unlinkIfThere(`${folder}/${name}`);
      }
      removeFolder(folder);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
    }
  }

  list(): string[] {
    try {
      return listFolder(this.root)
        .filter(({ name, isFolder }) => isFolder && name !== CACHE_FOLDER)
        .map(({ name }) => name)
        .sort();
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return [];
      throw error;
    }
  }
}
