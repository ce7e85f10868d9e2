import { invalidArgument } from "../../errors/errors.ts";
import { ContainersDefinition } from "../../proto/containerd/services/containers/v1/containers.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import type { Cli } from "../cli.ts";
import { command } from "../command.ts";
import { CNI_CONF_FOLDER, cniNetwork } from "../run/cni.ts";
import { CONTAINER_FLAGS, createContainer, type Root, removeSnapshot } from "../run/container.ts";
import { attendTask, START_FLAGS, type Start, startDetached, startOf } from "../run/start.ts";

export const run = command({
  summary: "Run a container",
  usage: "[flags] IMAGE|FOLDER CONTAINER [COMMAND] [ARG...]",
  flags: {
    ...CONTAINER_FLAGS,
    cni: { kind: "bool", help: "Give it the network that CNI's configuration describes" },
    "cni-conf-dir": { kind: "string", help: "Where that is", value: "FOLDER", fallback: CNI_CONF_FOLDER },
    "cni-bin-dir": { kind: "string", help: "Where CNI's plugins are", value: "FOLDER" },
    rm: { kind: "bool", help: "Remove the container when it has ended" },
    detach: { kind: "bool", short: "d", help: "Do not wait for it" },
    ...START_FLAGS,
  },
  min: 2,
  passRest: true,
  async run(cli, { flags, args: [source, id, ...given] }) {
    if (flags.rm && flags.detach) throw invalidArgument("--rm and --detach do not go together");
    const root = await createContainer(cli, source!, id!, given, flags);
    const start: Start = {
      ...{ containerId: id!, rootfs: root.mounts, terminal: root.terminal },
      ...startOf(flags),
      ...(flags.cni ? { network: await cniNetwork(flags["cni-conf-dir"], flags["cni-bin-dir"]) } : {}),
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
