import { isNotFound } from "../../errors/errors.ts";
import { defineCommand, ExitError } from "../command.ts";
import { describe } from "../describe.ts";
import { platformOption } from "../platform.ts";
import { imagePath } from "./path.ts";

export interface Removed {
  Deleted?: string;
  Untagged?: string;
}

/** What happened to an image or a name of one. */
export const removedLine = ({ Deleted, Untagged }: Removed): string =>
  Deleted ? `Deleted: ${Deleted}` : `Untagged: ${Untagged ?? ""}`;

export default defineCommand({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  summary: "Remove one or more images",
  aliases: ["docker image rm", "docker image remove", "docker rmi"],
  count: { least: 1 },
  flags: {
    force: {
      kind: "bool",
      short: "f",
      help: "Remove even if containers were made from it or it has several names",
    },
    "no-prune": { kind: "bool", help: "Keep parents that have no name" },
    platform: {
      kind: "list",
      since: "1.50",
      type: "strings",
      help: 'Remove only the variant for this platform ("os[/arch[/variant]]")',
    },
  },
  async run(cli, { args, flags }) {
    const platforms = flags.platform.flatMap((text) => text.split(",")).map((text) => platformOption(text));
    const query = {
      force: flags.force,
      noprune: flags["no-prune"],
      ...(platforms.length > 0 ? { platforms } : {}),
    };
    const errors: unknown[] = [];
    for (const name of args) {
      try {
        const removed = await cli.client.json<Removed[]>("DELETE", imagePath(name), { query });
        cli.out(removed.map((each) => `${removedLine(each)}\n`).join(""));
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 0) return 0;
    const text = errors.map(describe).join("\n");
    if (!flags.force || !errors.every(isNotFound)) throw new ExitError(1, text);
    cli.err(`${text}\n`);
    return 0;
  },
});
