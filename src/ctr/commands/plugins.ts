import { IntrospectionDefinition } from "../../proto/containerd/services/introspection/v1/introspection.ts";
import { command, type Group } from "../command.ts";
import { printTable } from "../output.ts";

const list = command({
  aliases: ["list"],
  summary: "List the daemon's parts",
  usage: "[FILTER...]",
  flags: {},
  min: 0,
  async run(cli, { args }) {
    const { plugins: found } = await cli.client(IntrospectionDefinition).plugins({ filters: args }, cli.call);
    const rows = found.map(({ type, id, platforms, initErr }) => [
      type,
      id,
      platforms.map(({ os, architecture }) => `${os}/${architecture}`).join(",") || "-",
      initErr ? "error" : "ok",
    ]);
    printTable(["TYPE", "ID", "PLATFORMS", "STATUS"], rows);
    return undefined;
  },
});

export const plugins: Group = { summary: "Show the daemon's parts", commands: { ls: list } };
