import type { IDResponse } from "../../api/schema.ts";
import { canonicalName, parseReference, withDefaultTag } from "../../reference/reference.ts";
import { defineCommand } from "../command.ts";

export default defineCommand({
  usage: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
  summary: "Create an image from a container's changes",
  aliases: ["docker container commit", "docker commit"],
  count: { least: 1, most: 2 },
  flags: {
    author: { kind: "string", short: "a", help: 'Author ("Name <mail@example.com>")' },
    change: { kind: "list", short: "c", help: "Dockerfile instruction to apply to the image" },
    message: { kind: "string", short: "m", help: "Commit message" },
    pause: { kind: "bool", short: "p", on: true, help: "Pause the container meanwhile" },
  },
  async run(cli, { args, flags }) {
    const [container, reference] = args as [string, string | undefined];
    const { repo, tag } = splitReference(reference);
    const query = {
      container,
      repo,
      tag,
      comment: flags.message,
      author: flags.author,
      changes: flags.change,
      pause: flags.pause ? undefined : "0",
    };
    const made = await cli.client.json<IDResponse>("POST", "/commit", { query });
    cli.out(`${made.Id}\n`);
    return 0;
  },
});

/** Repository and tag of a name for an image. Errors: invalidArgument. */
function splitReference(text = ""): { repo?: string; tag?: string } {
  if (text === "") return {};
  const reference = withDefaultTag(parseReference(text));
  if (reference.digest !== undefined) throw new Error("refusing to create a tag with a digest reference");
  return { repo: canonicalName(reference), tag: reference.tag ?? "" };
}
