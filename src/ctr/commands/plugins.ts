import {
  IntrospectionDefinition,
  type Plugin,
} from "../../proto/containerd/services/introspection/v1/introspection.ts";
import { print } from "../cli.ts";
import { command, type Group } from "../command.ts";
import { printTable } from "../output.ts";

const list = command({
  aliases: ["list"],
  summary: "List the daemon's parts",
  usage: "[flags] [FILTER...]",
  flags: {
    quiet: { kind: "bool", short: "q", help: "Print the ids only" },
    detailed: { kind: "bool", short: "d", help: "Print all that is known of each" },
  },
  min: 0,
  async run(cli, { flags, args }) {
    const { plugins: found } = await cli.client(IntrospectionDefinition).plugins({ filters: args }, cli.call);
    if (flags.quiet) {
      print(...found.map(({ id }) => id));
      return undefined;
    }
    if (flags.detailed) {
      for (const plugin of found) printDetails(plugin);
      return undefined;
    }
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

/** A line for each thing that is known of a plugin. */
function printDetails({ type, id, requires, platforms, exports, capabilities, initErr }: Plugin): void {
  const field = (name: string, text: string) => `${`${name}:`.padEnd(14)}${text}`;
  print(field("Type", type), field("ID", id));
  if (requires.length > 0) print("Requires:", ...requires.map((name) => `              ${name}`));
  if (platforms.length > 0)
    print(field("Platforms", platforms.map(({ os, architecture }) => `${os}/${architecture}`).join(", ")));
  if (Object.keys(exports).length > 0)
    print(
      "Exports:",
      ...Object.entries(exports).map(([name, value]) => `              ${name}      ${value}`),
    );
  if (capabilities.length > 0) print(field("Capabilities", capabilities.join(", ")));
  if (initErr) print("Error:", field("  Code", String(initErr.code)), field("  Message", initErr.message));
  print("");
}

export const plugins: Group = { summary: "Show the daemon's parts", commands: { ls: list } };
