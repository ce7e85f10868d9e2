import { LeasesDefinition } from "../../proto/containerd/services/leases/v1/leases.ts";
import { print } from "../cli.ts";
import { command, type Group } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { parseLabels } from "../labels.ts";
import { formatLabels, formatTime, printTable } from "../output.ts";

const list = command({
  aliases: ["list"],
  summary: "List leases",
  usage: "[flags] [FILTER...]",
  flags: { quiet: { kind: "bool", short: "q", help: "Print the ids only" } },
  min: 0,
  async run(cli, { flags, args }) {
    const { leases: found } = await cli.client(LeasesDefinition).list({ filters: args }, cli.call);
    if (flags.quiet) print(...found.map(({ id }) => id));
    else
      printTable(
        ["ID", "CREATED AT", "LABELS"],
        found.map(({ id, createdAt, labels }) => [id, formatTime(createdAt), formatLabels(labels)]),
      );
    return undefined;
  },
});

const create = command({
  summary: "Create a lease and print its id",
  usage: "[flags] [LABEL=VALUE...]",
  flags: {
    id: { kind: "string", help: "Its id, instead of a random one" },
    expires: { kind: "string", help: "Time until it ends by itself", value: "DURATION", fallback: "24h" },
  },
  min: 0,
  async run(cli, { flags, args }) {
    const until = new Date(Date.now() + parseDuration(flags.expires ?? "24h")).toISOString();
    const labels = { ...parseLabels(args), "containerd.io/gc.expire": until };
    const { lease } = await cli.client(LeasesDefinition).create({ id: flags.id ?? "", labels }, cli.call);
    print(lease?.id ?? "");
    return undefined;
  },
});

const remove = command({
  aliases: ["delete", "del", "remove"],
  summary: "Remove leases; what only they kept is collected",
  usage: "[flags] LEASE...",
  flags: { sync: { kind: "bool", help: "Wait until the garbage has been collected" } },
  min: 1,
  async run(cli, { flags, args }) {
    for (const id of args) {
      await cli.client(LeasesDefinition).delete({ id, sync: flags.sync ?? false }, cli.call);
      print(id);
    }
    return undefined;
  },
});

const resources = command({
  summary: "List what a lease keeps",
  usage: "LEASE",
  flags: {},
  min: 1,
  max: 1,
  async run(cli, { args: [id] }) {
    const { resources: found } = await cli.client(LeasesDefinition).listResources({ id: id! }, cli.call);
    printTable(
      ["TYPE", "ID"],
      found.map((resource) => [resource.type, resource.id]),
    );
    return undefined;
  },
});

export const leases: Group = {
  summary: "Manage leases",
  commands: { ls: list, create, rm: remove, resources },
};
