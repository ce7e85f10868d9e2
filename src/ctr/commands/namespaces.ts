import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { ignoreMissing } from "../../errors/errors.ts";
import { NamespacesDefinition } from "../../proto/containerd/services/namespaces/v1/namespaces.ts";
import { print } from "../cli.ts";
import { command, type Group } from "../command.ts";
import { labelMask, parseLabels } from "../labels.ts";
import { formatLabels, printTable } from "../output.ts";

const list = command({
  aliases: ["list"],
  summary: "List namespaces",
  usage: "[flags]",
  flags: { quiet: { kind: "bool", short: "q", help: "Print the names only" } },
  min: 0,
  max: 0,
  async run(cli, { flags }) {
    const { namespaces: found } = await cli.client(NamespacesDefinition).list({}, cli.call);
    if (flags.quiet) print(...found.map(({ name }) => name));
    else
      printTable(
        ["NAME", "LABELS"],
        found.map(({ name, labels }) => [name, formatLabels(labels, "")]),
      );
    return undefined;
  },
});

const create = command({
  aliases: ["c"],
  summary: "Create a namespace",
  usage: "NAME [LABEL=VALUE...]",
  flags: {},
  min: 1,
  async run(cli, { args: [name, ...labels] }) {
    const namespace = { name: name!, labels: parseLabels(labels) };
    await cli.client(NamespacesDefinition).create({ namespace }, { ...cli.call, namespace: name! });
    return undefined;
  },
});

const label = command({
  summary: "Set labels of a namespace; one without a value is removed",
  usage: "NAME LABEL=VALUE...",
  flags: {},
  min: 2,
  async run(cli, { args: [name, ...given] }) {
    const labels = parseLabels(given);
    const updateMask = labelMask(labels);
    await cli
      .client(NamespacesDefinition)
      .update({ namespace: { name: name!, labels }, updateMask }, { ...cli.call, namespace: name! });
    return undefined;
  },
});

const remove = command({
  aliases: ["rm", "remove"],
  summary: "Remove empty namespaces",
  usage: "NAME...",
  flags: { cgroup: { kind: "bool", short: "c", help: "Remove its control group too" } },
  min: 1,
  async run(cli, { flags, args }) {
    for (const name of args) {
      // As stock has it, what is not there is as good as removed.
      await cli
        .client(NamespacesDefinition)
        .delete({ name }, { ...cli.call, namespace: name })
        .catch(ignoreMissing);
      if (flags.cgroup) removeCgroup(name);
      print(name);
    }
    return undefined;
  },
});

/** The control groups that containers of a namespace had theirs in. Errors: those of rmdir(2), such as EBUSY. */
function removeCgroup(namespace: string): void {
  const root = "/sys/fs/cgroup";
  for (const hierarchy of ["", ...readdirSync(root)]) {
    const path = join(root, hierarchy, namespace);
    if (existsSync(join(path, "cgroup.procs"))) rmdirSync(path);
  }
}

export const namespaces: Group = {
  summary: "Manage namespaces",
  commands: { ls: list, create, label, rm: remove },
};
