import { writeFileSync } from "node:fs";
import { invalidArgument } from "../../errors/errors.ts";
import { ContainersDefinition } from "../../proto/containerd/services/containers/v1/containers.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import type { Descriptor } from "../../proto/containerd/types/descriptor.ts";
import type { Mount } from "../../proto/containerd/types/mount.ts";
import type { Cli } from "../cli.ts";
import { command } from "../command.ts";
import { attend } from "../run/attach.ts";
import { CONTAINER_FLAGS, createContainer, type Root, removeSnapshot } from "../run/container.ts";
import { ProcessIO } from "../run/process_io.ts";

export const run = command({
  summary: "Run a container",
  usage: "[flags] IMAGE|FOLDER CONTAINER [COMMAND] [ARG...]",
  flags: {
    ...CONTAINER_FLAGS,
    rm: { kind: "bool", help: "Remove the container when it has ended" },
    detach: { kind: "bool", short: "d", help: "Do not wait for it" },
    "null-io": { kind: "bool", help: "Throw its output away, as --detach does" },
    "log-uri": { kind: "string", help: "Send its output there, such as file:///var/log/x", value: "URI" },
    "pid-file": { kind: "string", help: "Write its process id there", value: "FILE" },
  },
  min: 2,
  passRest: true,
  async run(cli, { flags, args: [source, id, ...given] }) {
    if (flags.rm && flags.detach) throw invalidArgument("--rm and --detach do not go together");
    const root = await createContainer(cli, source!, id!, given, flags);
    const start: Start = {
      containerId: id!,
      rootfs: root.mounts,
      terminal: flags.tty ?? false,
      logURI: flags["log-uri"] ?? "",
      pidFile: flags["pid-file"],
    };
    if (flags.detach) return startDetached(cli, start);
    const isQuiet = flags["null-io"] === true || start.logURI !== "";
    return runAttached(cli, root, start, isQuiet, flags.rm ?? false);
  },
});

/** How a task is started. */
export interface Start {
  containerId: string;
  rootfs: Mount[];
  terminal: boolean;
  /** "" to throw output away. */
  logURI: string;
  pidFile: string | undefined;
  /** CRIU's images to go on from. */
  checkpoint?: Descriptor;
}

export async function startDetached(cli: Cli, { logURI, pidFile, ...request }: Start): Promise<number> {
  const tasks = cli.client(TasksDefinition);
  const outputs = logURI === "" ? {} : { stdout: logURI, stderr: logURI };
  await tasks.create({ ...request, ...outputs }, cli.call);
  // One that comes from a checkpoint has a process only now.
  const { pid } = await tasks.start({ containerId: request.containerId }, cli.call);
  if (pidFile !== undefined) writeFileSync(pidFile, String(pid));
  return 0;
}

/** Creates and starts a task and waits for its end, without its streams or with ours. Returns its exit code. */
export async function attendTask(cli: Cli, start: Start, quiet: boolean): Promise<number> {
  const tasks = cli.client(TasksDefinition);
  const { containerId } = start;
  if (quiet) {
    await startDetached(cli, start);
    const { exitStatus } = await tasks.wait({ containerId }, cli.longCall);
    await tasks.delete({ containerId }, cli.call);
    return exitStatus;
  }
  const io = new ProcessIO(start.terminal);
  let code: number;
  try {
    const { rootfs, checkpoint } = start;
    const from = checkpoint ? { checkpoint } : {};
    await tasks.create({ containerId, rootfs, ...io.paths, ...from }, cli.call);
    const { pid } = await tasks.start({ containerId }, cli.call);
    if (start.pidFile !== undefined) writeFileSync(start.pidFile, String(pid));
    code = await attend(cli, { containerId, execId: "" }, io);
  } catch (error) {
    await io.finish();
    throw error;
  }
  await tasks.delete({ containerId }, cli.call);
  return code;
}

async function runAttached(
  cli: Cli,
  root: Root,
  start: Start,
  quiet: boolean,
  remove: boolean,
): Promise<number> {
  const { containerId } = start;
  try {
    return await attendTask(cli, start, quiet);
  } finally {
    if (remove) {
      await cli
        .client(TasksDefinition)
        .delete({ containerId }, cli.call)
        .catch(() => {});
      await cli.client(ContainersDefinition).delete({ id: containerId }, cli.call);
      await removeSnapshot(cli, root);
    }
  }
}
