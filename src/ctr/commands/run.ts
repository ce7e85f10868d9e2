import { invalidArgument } from "../../errors/errors.ts";
import { ContainersDefinition } from "../../proto/containerd/services/containers/v1/containers.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import type { Cli } from "../cli.ts";
import { command } from "../command.ts";
import { CNI_CONF_FOLDER, cniNetwork } from "../run/cni.ts";
import {
  argumentsOf,
  CONTAINER_FLAGS,
  createContainer,
  type Root,
  removeSnapshot,
} from "../run/container.ts";
import { attendTask, START_FLAGS, type Start, startDetached, startOf } from "../run/start.ts";

export const run = command({
  summary: "Run a container",
  usage: "[flags] IMAGE|FOLDER CONTAINER [COMMAND] [ARG...], or --config FILE CONTAINER",
  flags: {
    ...CONTAINER_FLAGS,
    cni: { kind: "bool", help: "Give it the network that CNI's configuration describes" },
    "cni-conf-dir": { kind: "string", help: "Where that is", value: "FOLDER", fallback: CNI_CONF_FOLDER },
    "cni-bin-dir": { kind: "string", help: "Where CNI's plugins are", value: "FOLDER" },
    rm: { kind: "bool", help: "Remove the container when it has ended" },
    detach: { kind: "bool", short: "d", help: "Do not wait for it" },
    ...START_FLAGS,
  },
  min: 1,
  passRest: true,
  async run(cli, { flags, args }) {
    if (flags.rm && flags.detach)
      throw invalidArgument("flags --detach and --rm cannot be specified together");
    const given = argumentsOf(args, flags);
    const network = flags.cni ? await cniNetwork(flags["cni-conf-dir"], flags["cni-bin-dir"]) : undefined;
    const root = await createContainer(cli, given, flags);
    const start: Start = {
      ...{ containerId: given.id, rootfs: root.mounts, terminal: root.terminal },
      ...startOf(flags),
      ...(network ? { network } : {}),
    };
    if (flags.detach) return startDetached(cli, start);
    return runAttached(cli, root, start, flags.rm ?? false);
  },
});

async function runAttached(cli: Cli, root: Root, start: Start, remove: boolean): Promise<number> {
  const { containerId } = start;
  try {
    return await attendTask(cli, start);
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
