import { familiarName, parseReference, withDefaultTag } from "../../reference/reference.ts";
import { defineCommand } from "../command.ts";
import { imagePath } from "./path.ts";

export default defineCommand({
  usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
  summary: "Give an image another name, beside those it has",
  aliases: ["docker image tag", "docker tag"],
  count: { least: 2, most: 2 },
  stopAtFirst: true,
  flags: {},
  async run(cli, { args }) {
    const [source, target] = args as [string, string];
    parsed(source, source);
    const reference = parsed(target, target);
    if (reference.digest !== undefined) throw new Error("refusing to create a tag with a digest reference");
    const named = withDefaultTag(reference);
    await cli.client.call("POST", imagePath(source, "/tag"), {
      query: { repo: familiarName(named), tag: named.tag },
    });
    return 0;
  },
});

/** Reads a name; ids are let through as they are. Errors: the engine client's words. */
function parsed(text: string, shown: string) {
  try {
    return parseReference(text);
  } catch (error) {
    if (/^[0-9a-f]{64}$/.test(text) && text === shown) return { domain: "", path: text };
    throw new Error(
      `Error parsing reference: ${JSON.stringify(shown)} is not a valid repository/tag: ${(error as Error).message}`,
    );
  }
}
