import { canonicalReference, familiarName } from "../../reference/reference.ts";
import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { registryAuth } from "../config/auth.ts";
import { printNote } from "../note.ts";
import { platformOption } from "../platform.ts";
import { awaitProgress, showProgress } from "../progress/show.ts";
import { imagePath } from "./path.ts";
import { wantedReference } from "./pull.ts";
import { refuseContentTrust } from "./trust.ts";

export default defineCommand({
  usage: "[OPTIONS] NAME[:TAG]",
  summary: "Upload an image to a registry",
  aliases: ["docker image push", "docker push"],
  count: { least: 1, most: 1 },
  flags: {
    "all-tags": { kind: "bool", short: "a", help: "Push all tags of the repository" },
    "disable-content-trust": { kind: "bool", on: true, help: "Do not sign" },
    platform: {
      kind: "string",
      since: "1.46",
      help: 'Push only the manifest of this platform ("os[/arch[/variant]]"), not the index of all',
    },
    quiet: { kind: "bool", short: "q", help: "Show no progress" },
  },
  async run(cli, { args, flags, given }) {
    const platform = flags.platform ? platformFor(cli, flags.platform) : undefined;
    const reference = wantedReference(cli, args[0]!, flags["all-tags"], flags.quiet);
    const disabled = flags["disable-content-trust"];
    refuseContentTrust({ disabled, given: given.has("disable-content-trust") });
    const response = await cli.client.stream("POST", imagePath(familiarName(reference), "/push"), {
      query: { tag: flags["all-tags"] ? undefined : reference.tag, platform },
      headers: { "X-Registry-Auth": await registryAuth(cli, reference.domain) },
    });
    const notes: string[] = [];
    const collect = (aux: unknown) => notes.push(...notesOf(aux));
    try {
      if (flags.quiet) {
        await awaitProgress(response, collect);
        cli.out(`${canonicalReference(reference)}\n`);
      } else await showProgress(cli, response, collect);
    } finally {
      for (const note of notes) printNote(cli, 1, note);
    }
    return 0;
  },
});

function platformFor(cli: Cli, text: string): string {
  let platform: string;
  try {
    platform = platformOption(text);
  } catch (error) {
    cli.err(`Invalid platform ${text}`);
    throw error;
  }
  printNote(
    cli,
    1,
    "Using --platform pushes only the specified platform manifest of a multi-platform image index.\nOther components, like attestations, will not be included.\nTo push the complete multi-platform image, remove the --platform flag.\n",
  );
  return platform;
}

interface PushAux {
  manifestPushedInsteadOfIndex?: boolean;
  originalIndex?: { digest?: string };
  selectedManifest?: { digest?: string };
}

/** What a push has to say when it is over. */
function notesOf(aux: unknown): string[] {
  const { manifestPushedInsteadOfIndex, originalIndex, selectedManifest } = aux as PushAux;
  if (!manifestPushedInsteadOfIndex) return [];
  return [
    `Not all multiplatform-content is present and only the available single-platform image was pushed\n\x1b[31m${originalIndex?.digest ?? ""}\x1b[0m -> \x1b[32m${selectedManifest?.digest ?? ""}\x1b[0m`,
  ];
}
