import { resolve } from "node:path";
import { invalidArgument } from "../../errors/errors.ts";
import { hostCapabilities } from "../../linux/capabilities.ts";
import { Options } from "../../proto/containerd/runc/v1/options.ts";
import { ContainersDefinition } from "../../proto/containerd/services/containers/v1/containers.ts";
import { SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import type { Mount } from "../../proto/containerd/types/mount.ts";
import { parseSize } from "../../units/size.ts";
import type { Cli } from "../cli.ts";
import { command } from "../command.ts";
import type { ImageConfig } from "../image/config.ts";
import { parseLabels } from "../output.ts";
import { attend } from "../run/attach.ts";
import { ProcessIO } from "../run/process_io.ts";
import { DEFAULT_CAPABILITIES, makeSpec } from "../run/spec.ts";

const SPEC_TYPE = "types.containerd.io/opencontainers/runtime-spec/1/Spec";
const OPTIONS_TYPE = "containerd.runc.v1.Options";

const FLAGS = {
  rm: { kind: "bool", help: "Remove the container when it has ended" },
  detach: { kind: "bool", short: "d", help: "Do not wait for it" },
  "null-io": { kind: "bool", help: "Throw its output away, as --detach does" },
  tty: { kind: "bool", short: "t", help: "Give it a terminal" },
  rootfs: { kind: "bool", help: "The first argument is a folder, not an image" },
  env: { kind: "list", help: "A variable of its environment, NAME=VALUE" },
  cwd: { kind: "string", help: "Its working folder", value: "PATH" },
  user: { kind: "string", help: "Its user, as numbers", value: "UID[:GID]" },
  label: { kind: "list", help: "A label of the container, NAME=VALUE" },
  mount: { kind: "list", help: "type=bind,src=PATH,dst=PATH,options=rbind:ro" },
  "net-host": { kind: "bool", help: "Use the host's network" },
  privileged: { kind: "bool", help: "Give it all that the host allows" },
  "read-only": { kind: "bool", help: "Make its root file system read-only" },
  "memory-limit": { kind: "string", help: "Limit of its memory, such as 64m", value: "SIZE" },
  runtime: { kind: "string", help: "Its runtime", value: "NAME", fallback: "io.containerd.runc.v2" },
  "runc-binary": { kind: "string", help: "The OCI runtime that the shim calls", value: "PATH" },
  snapshotter: { kind: "string", help: "The snapshotter", value: "NAME", fallback: "overlayfs" },
} as const;

interface Root {
  path: string;
  mounts: Mount[];
  config: ImageConfig["config"];
  /** What the container's record says of where its root comes from. */
  record: { image?: string; snapshotter?: string; snapshotKey?: string };
}

async function prepareRoot(
  cli: Cli,
  source: string,
  id: string,
  folder: boolean,
  snapshotter: string,
): Promise<Root> {
  if (folder) return { path: resolve(source), mounts: [], config: undefined, record: {} };
  const { openImage } = await import("../image/open.ts");
  const image = await openImage(cli, source);
  const parent = await image.unpack(snapshotter);
  const request = {
    snapshotter,
    key: id,
    parent,
    labels: { "containerd.io/gc.root": new Date().toISOString() },
  };
  const { mounts } = await cli.client(SnapshotsDefinition).prepare(request, cli.call);
  return {
    path: "rootfs",
    mounts,
    config: image.config.config,
    record: { image: source, snapshotter, snapshotKey: id },
  };
}

export const run = command({
  summary: "Run a container",
  usage: "[flags] IMAGE|FOLDER CONTAINER [COMMAND] [ARG...]",
  flags: FLAGS,
  min: 2,
  passRest: true,
  async run(cli, { flags, args: [source, id, ...given] }) {
    if (flags.rm && flags.detach) throw invalidArgument("--rm and --detach do not go together");
    const snapshotter = flags.snapshotter ?? FLAGS.snapshotter.fallback;
    const root = await prepareRoot(cli, source!, id!, flags.rootfs ?? false, snapshotter);
    const { config } = root;
    const spec = makeSpec({
      id: id!,
      rootfs: root.path,
      args:
        given.length > 0
          ? [...(config?.Entrypoint ?? []), ...given]
          : [...(config?.Entrypoint ?? []), ...(config?.Cmd ?? [])],
      env: [...(config?.Env ?? []), ...(flags.env ?? [])],
      cwd: flags.cwd ?? config?.WorkingDir ?? "",
      user: flags.user ?? config?.User ?? "",
      terminal: flags.tty ?? false,
      readonly: flags["read-only"] ?? false,
      hostNetwork: flags["net-host"] ?? false,
      privileged: flags.privileged ?? false,
      capabilities: flags.privileged ? hostCapabilities() : DEFAULT_CAPABILITIES,
      mounts: flags.mount ?? [],
      memory: flags["memory-limit"] === undefined ? undefined : parseSize(flags["memory-limit"]),
    });
    const options = Options.fromPartial({ binaryName: flags["runc-binary"] ?? "" });
    const container = {
      id: id!,
      labels: parseLabels(flags.label ?? []),
      runtime: {
        name: flags.runtime ?? FLAGS.runtime.fallback,
        options: { typeUrl: OPTIONS_TYPE, value: Options.encode(options).finish() },
      },
      spec: { typeUrl: SPEC_TYPE, value: Buffer.from(JSON.stringify(spec)) },
      ...root.record,
    };
    try {
      await cli.client(ContainersDefinition).create({ container }, cli.call);
    } catch (error) {
      await removeSnapshot(cli, root);
      throw error;
    }
    return flags.detach
      ? startDetached(cli, id!, root.mounts)
      : runAttached(cli, id!, root, flags.tty ?? false, flags.rm ?? false);
  },
});

async function startDetached(cli: Cli, containerId: string, rootfs: Mount[]): Promise<number> {
  await cli.client(TasksDefinition).create({ containerId, rootfs }, cli.call);
  await cli.client(TasksDefinition).start({ containerId }, cli.call);
  return 0;
}

async function runAttached(
  cli: Cli,
  containerId: string,
  root: Root,
  terminal: boolean,
  remove: boolean,
): Promise<number> {
  const tasks = cli.client(TasksDefinition);
  const io = new ProcessIO(terminal);
  try {
    let code: number;
    try {
      await tasks.create({ containerId, rootfs: root.mounts, ...io.paths }, cli.call);
      await tasks.start({ containerId }, cli.call);
      code = await attend(cli, { containerId, execId: "" }, io);
    } catch (error) {
      await io.finish();
      throw error;
    }
    await tasks.delete({ containerId }, cli.call);
    return code;
  } finally {
    if (remove) {
      await tasks.delete({ containerId }, cli.call).catch(() => {});
      await cli.client(ContainersDefinition).delete({ id: containerId }, cli.call);
      await removeSnapshot(cli, root);
    }
  }
}

async function removeSnapshot(cli: Cli, { record }: Root): Promise<void> {
  const { snapshotter, snapshotKey: key } = record;
  if (snapshotter && key) await cli.client(SnapshotsDefinition).remove({ snapshotter, key }, cli.call);
}
