/** A container as `run` and `containers create` make it: its root file system, its specification, its record. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { invalidArgument } from "../../errors/errors.ts";
import type { FlagValues } from "../../flags/flags.ts";
import { parsePlatform } from "../../images/registry/platform.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import { Options } from "../../proto/containerd/runc/v1/options.ts";
import { ContainersDefinition } from "../../proto/containerd/services/containers/v1/containers.ts";
import { SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import type { Mount } from "../../proto/containerd/types/mount.ts";
import type { Any } from "../../proto/google/protobuf/any.ts";
import { Options as RuntimeOptions } from "../../proto/runtimeoptions/v1/api.ts";
import { parseSize } from "../../units/size.ts";
import type { Cli } from "../cli.ts";
import type { ImageConfig } from "../image/config.ts";
import { parseLabels } from "../labels.ts";
import { adjustSpec, capabilitiesOf } from "./adjust.ts";
import { mappingsOf, remapLabels, remapped } from "./remap.ts";
import { makeSpec } from "./spec.ts";

/** The signal by which a container wants to be ended. */
export const STOP_SIGNAL_LABEL = "io.containerd.image.config.stop-signal";
const SPEC_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Spec";

/** Of every command that makes a container. */
export const CONTAINER_FLAGS = {
  tty: { kind: "bool", short: "t", help: "Give it a terminal" },
  rootfs: { kind: "bool", help: "The first argument is a folder, not an image" },
  config: { kind: "string", short: "c", help: "Take this specification as it is", value: "FILE" },
  env: { kind: "list", help: "A variable of its environment, NAME=VALUE" },
  "env-file": { kind: "list", help: "A file of such variables, one a line" },
  cwd: { kind: "string", help: "Its working folder", value: "PATH" },
  user: { kind: "string", help: "Its user, as numbers", value: "UID[:GID]" },
  label: { kind: "list", help: "A label of the container, NAME=VALUE" },
  annotation: { kind: "list", help: "An annotation of its specification, NAME=VALUE" },
  mount: { kind: "list", help: "type=bind,src=PATH,dst=PATH,options=rbind:ro" },
  device: { kind: "list", help: "A device of the host that it may use" },
  "with-ns": { kind: "list", help: "A namespace to join, TYPE:PATH" },
  "net-host": { kind: "bool", help: "Use the host's network" },
  privileged: { kind: "bool", help: "Give it all that the host allows" },
  "cap-add": { kind: "list", help: "A capability more, such as CAP_SYS_ADMIN" },
  "cap-drop": { kind: "list", help: "A capability less" },
  "allow-new-privs": { kind: "bool", help: "Let its programs gain privileges by setuid" },
  seccomp: { kind: "bool", help: "Filter its system calls" },
  "seccomp-profile": {
    kind: "string",
    help: "The filter, as of a specification, in place of the default",
    value: "FILE",
  },
  "apparmor-profile": { kind: "string", help: "AppArmor's profile for it", value: "NAME" },
  "apparmor-default-profile": {
    kind: "string",
    help: "Docker's profile for it, loaded under this name",
    value: "NAME",
  },
  "rdt-class": { kind: "string", help: "Its class of Intel RDT, a folder of /sys/fs/resctrl", value: "NAME" },
  uidmap: { kind: "string", help: "Users of its user namespace, CONTAINER-ID:HOST-ID:LENGTH", value: "MAP" },
  gidmap: { kind: "string", help: "Groups of it", value: "MAP" },
  "remap-labels": { kind: "bool", help: "Leave it to the snapshotter to change the owners of files" },
  gpus: { kind: "list", help: "A GPU of NVIDIA's that it may use, by number", value: "N" },
  "read-only": { kind: "bool", help: "Make its root file system read-only" },
  "rootfs-propagation": { kind: "string", help: "Propagation of its root's mounts", value: "MODE" },
  "no-pivot": { kind: "bool", help: "Use chroot, not pivot_root" },
  cgroup: { kind: "string", help: "Its control group", value: "PATH" },
  "memory-limit": { kind: "string", help: "Limit of its memory, such as 64m", value: "SIZE" },
  cpus: { kind: "string", help: "Processors that it may use", value: "NUMBER" },
  "cpu-shares": { kind: "int", help: "Its weight among others" },
  "cpu-quota": { kind: "int", help: "Microseconds of processor time in a period" },
  "cpu-period": { kind: "int", help: "Microseconds of such a period" },
  platform: { kind: "string", help: "Take the image for this platform", value: "PLATFORM" },
  runtime: { kind: "string", help: "Its runtime", value: "NAME", fallback: "io.containerd.runc.v2" },
  "runtime-config-path": {
    kind: "string",
    help: "The configuration of a runtime other than runc",
    value: "FILE",
  },
  "runc-binary": { kind: "string", help: "The OCI runtime that the shim calls", value: "PATH" },
  "runc-root": { kind: "string", help: "Where that keeps its state", value: "PATH" },
  "runc-systemd-cgroup": { kind: "bool", help: "Have systemd make the control group" },
  snapshotter: { kind: "string", help: "The snapshotter", value: "NAME", fallback: "overlayfs" },
  "snapshotter-label": { kind: "list", help: "A label of its snapshot, NAME=VALUE" },
} as const;

export type ContainerFlags = FlagValues<typeof CONTAINER_FLAGS>;

export interface Root {
  path: string;
  mounts: Mount[];
  config: ImageConfig["config"];
  terminal: boolean;
  /** What the container's record says of where its root comes from. */
  record: { image?: string; snapshotter?: string; snapshotKey?: string };
}

async function prepareRoot(cli: Cli, source: string, id: string, flags: ContainerFlags): Promise<Root> {
  const terminal = flags.tty ?? false;
  if (flags.rootfs) return { path: resolve(source), mounts: [], config: undefined, terminal, record: {} };
  const { openImage } = await import("../image/open.ts");
  const snapshotter = flags.snapshotter ?? CONTAINER_FLAGS.snapshotter.fallback;
  const platform = flags.platform === undefined ? undefined : parsePlatform(flags.platform);
  const image = await openImage(cli, source, platform);
  const mappings = mappingsOf(flags);
  const unpacked = await image.unpack(snapshotter);
  const parent =
    mappings && !flags["remap-labels"] ? await remapped(cli, snapshotter, unpacked, mappings) : unpacked;
  const request = {
    snapshotter,
    key: id,
    parent,
    labels: {
      ...parseLabels(flags["snapshotter-label"] ?? []),
      ...(mappings && flags["remap-labels"] ? remapLabels(mappings) : {}),
      "containerd.io/gc.root": new Date().toISOString(),
    },
  };
  const { mounts } = await cli.client(SnapshotsDefinition).prepare(request, cli.call);
  return {
    path: "rootfs",
    mounts,
    config: image.config.config,
    terminal,
    record: { image: source, snapshotter, snapshotKey: id },
  };
}

function environmentOf(flags: ContainerFlags): string[] {
  const fromFiles = (flags["env-file"] ?? []).flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("#")),
  );
  return [...fromFiles, ...(flags.env ?? [])];
}

function specOf(cli: Cli, id: string, { path, config }: Root, given: string[], flags: ContainerFlags): Spec {
  const { Entrypoint, Cmd, Env, WorkingDir, User } = config ?? {};
  const memory = flags["memory-limit"];
  const spec = makeSpec({
    id,
    namespace: cli.namespace,
    rootfs: path,
    args: [...(Entrypoint ?? []), ...(given.length > 0 ? given : (Cmd ?? []))],
    env: [...(Env ?? []), ...environmentOf(flags)],
    cwd: flags.cwd ?? WorkingDir ?? "",
    user: flags.user ?? User ?? "",
    terminal: flags.tty ?? false,
    readonly: flags["read-only"] ?? false,
    hostNetwork: flags["net-host"] ?? false,
    privileged: flags.privileged ?? false,
    capabilities: capabilitiesOf(flags),
    mounts: flags.mount ?? [],
    memory: memory === undefined ? undefined : parseSize(memory),
  });
  return adjustSpec(spec, flags);
}

/** What a container takes over from its image's configuration. */
function imageLabels({ config }: Root): Record<string, string> {
  if (!config) return {};
  return { ...config.Labels, [STOP_SIGNAL_LABEL]: config.StopSignal || "SIGTERM" };
}

function readSpec(path: string): Spec {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Spec;
  } catch (cause) {
    throw invalidArgument(`specification ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** For shims of runc, or for another with a configuration of its own. */
function runtimeOptions(flags: ContainerFlags): Any {
  const configPath = flags["runtime-config-path"];
  if (configPath !== undefined) {
    const value = RuntimeOptions.encode({ configPath });
    return { typeUrl: "runtimeoptions.v1.Options", value };
  }
  const value = Options.encode({
    binaryName: flags["runc-binary"],
    root: flags["runc-root"],
    systemdCgroup: flags["runc-systemd-cgroup"],
    noPivotRoot: flags["no-pivot"],
  });
  return { typeUrl: "containerd.runc.v1.Options", value };
}

/** What a container is made of, as the arguments say it. */
interface Arguments {
  /** An image, or a folder; undefined when the specification names the root. */
  source: string | undefined;
  id: string;
  command: string[];
}

/** Errors: invalidArgument. */
export function argumentsOf(args: string[], { config }: ContainerFlags): Arguments {
  const [first, second, ...command] = args;
  if (config === undefined) {
    if (second === undefined) throw invalidArgument("container id must be provided: invalid argument");
    return { source: first!, id: second, command };
  }
  if (second !== undefined)
    throw invalidArgument("with spec config file, only container id should be provided: invalid argument");
  return { source: undefined, id: first!, command: [] };
}

/** Makes a container of an image or a folder; nothing is left when that fails. Returns its root file system. */
export async function createContainer(
  cli: Cli,
  { source, id, command }: Arguments,
  flags: ContainerFlags,
): Promise<Root> {
  const root =
    source === undefined
      ? { path: "", mounts: [], config: undefined, terminal: false, record: {} }
      : await prepareRoot(cli, source, id, flags);
  try {
    const spec = flags.config === undefined ? specOf(cli, id, root, command, flags) : readSpec(flags.config);
    const container = {
      id,
      labels: { ...imageLabels(root), ...parseLabels(flags.label ?? []) },
      runtime: {
        name: flags.runtime ?? CONTAINER_FLAGS.runtime.fallback,
        options: runtimeOptions(flags),
      },
      spec: { typeUrl: SPEC_TYPE, value: Buffer.from(JSON.stringify(spec)) },
      ...root.record,
    };
    await cli.client(ContainersDefinition).create({ container }, cli.call);
    return { ...root, terminal: spec.process?.terminal === true };
  } catch (error) {
    await removeSnapshot(cli, root);
    throw error;
  }
}

/** Removes the snapshot of a container, if it has one. Errors: notFound. */
export async function removeSnapshot(cli: Cli, { record }: Root): Promise<void> {
  const { snapshotter, snapshotKey: key } = record;
  if (snapshotter && key) await cli.client(SnapshotsDefinition).remove({ snapshotter, key }, cli.call);
}
