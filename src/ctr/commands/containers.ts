import { failedPrecondition, ignoreMissing } from "../../errors/errors.ts";
import { ContainersDefinition } from "../../proto/containerd/services/containers/v1/containers.ts";
import { SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import { Status } from "../../proto/containerd/v1/types/task.ts";
import { type Cli, print } from "../cli.ts";
import { command, type Group } from "../command.ts";
import { labelMask, parseLabels } from "../labels.ts";
import { formatLabels, printJSON, printTable } from "../output.ts";
import { argumentsOf, CONTAINER_FLAGS, createContainer } from "../run/container.ts";
import { removeFifos } from "../run/fifos.ts";
import { checkpoint, restore } from "./containers-checkpoint.ts";

const list = command({
  aliases: ["list"],
  summary: "List containers",
  usage: "[flags] [FILTER...]",
  flags: { quiet: { kind: "bool", short: "q", help: "Print the ids only" } },
  min: 0,
  async run(cli, { flags, args }) {
    const { containers: found } = await cli.client(ContainersDefinition).list({ filters: args }, cli.call);
    if (flags.quiet) print(...found.map(({ id }) => id));
    else
      printTable(
        ["CONTAINER", "IMAGE", "RUNTIME"],
        found.map(({ id, image, runtime }) => [id, image || "-", runtime?.name ?? "-"]),
      );
    return undefined;
  },
});

const create = command({
  summary: "Make a container, without a task",
  usage: "[flags] IMAGE|FOLDER CONTAINER [COMMAND] [ARG...], or --config FILE CONTAINER",
  flags: {
    ...CONTAINER_FLAGS,
    "pid-file": { kind: "string", help: "Taken for stock's sake: there is no process yet", value: "FILE" },
  },
  min: 1,
  passRest: true,
  async run(cli, { flags, args }) {
    await createContainer(cli, argumentsOf(args, flags), flags);
    return undefined;
  },
});

const info = command({
  summary: "Show all that is known of a container",
  usage: "[flags] CONTAINER",
  flags: { spec: { kind: "bool", help: "Print its runtime specification only" } },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [id] }) {
    const { container } = await cli.client(ContainersDefinition).get({ id: id! }, cli.call);
    printJSON(flags.spec ? container?.spec?.value : container);
    return undefined;
  },
});

const label = command({
  summary: "Set labels of a container; one without a value is removed",
  usage: "CONTAINER LABEL=VALUE...",
  flags: {},
  min: 2,
  async run(cli, { args: [id, ...given] }) {
    const labels = parseLabels(given);
    // Who asks for it is told in its own words that it is not there.
    await cli.client(ContainersDefinition).get({ id: id! }, cli.call);
    const updateMask = labelMask(labels);
    const update = { container: { id: id!, labels }, updateMask };
    const { container } = await cli.client(ContainersDefinition).update(update, cli.call);
    print(formatLabels(container?.labels ?? {}, ""));
    return undefined;
  },
});

const remove = command({
  aliases: ["delete", "del", "remove"],
  summary: "Remove containers that have no task",
  usage: "[flags] CONTAINER...",
  flags: { "keep-snapshot": { kind: "bool", help: "Do not remove the container's snapshot" } },
  min: 1,
  async run(cli, { flags, args }) {
    for (const id of args) {
      const { container } = await cli.client(ContainersDefinition).get({ id }, cli.call);
      await removeTask(cli, id);
      await cli.client(ContainersDefinition).delete({ id }, cli.call);
      if (!flags["keep-snapshot"] && container && container.snapshotKey !== "") {
        const { snapshotter, snapshotKey: key } = container;
        await cli.client(SnapshotsDefinition).remove({ snapshotter, key }, cli.call);
      }
    }
    return undefined;
  },
});

/** A task that does not run goes with its container. Errors: failedPrecondition while it runs. */
async function removeTask(cli: Cli, containerId: string): Promise<void> {
  const tasks = cli.client(TasksDefinition);
  try {
    const { process } = await tasks.get({ containerId }, cli.call);
    if (process!.status !== Status.STOPPED && process!.status !== Status.CREATED)
      throw failedPrecondition(
        `cannot delete a non stopped container: ${containerId} is ${Status[process!.status]?.toLowerCase()}`,
      );
    await tasks.delete({ containerId }, cli.call);
    removeFifos(process!);
  } catch (error) {
    ignoreMissing(error);
  }
}

export const containers: Group = {
  summary: "Manage containers",
  commands: { create, ls: list, info, label, checkpoint, restore, rm: remove },
};
