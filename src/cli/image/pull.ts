import {
  canonicalReference,
  familiarName,
  parseReference,
  type Reference,
  withDefaultTag,
} from "../../reference/reference.ts";
import type { Cli } from "../cli.ts";
import { defineCommand } from "../command.ts";
import { registryAuth } from "../config/auth.ts";
import { awaitProgress, showProgress } from "../progress/show.ts";
import { refuseContentTrust } from "./trust.ts";

export default defineCommand({
  usage: "[OPTIONS] NAME[:TAG|@DIGEST]",
  summary: "Download an image from a registry",
  aliases: ["docker image pull", "docker pull"],
  count: { least: 1, most: 1 },
  flags: {
    "all-tags": { kind: "bool", short: "a", help: "Download all tags of the repository" },
    "disable-content-trust": { kind: "bool", on: true, help: "Do not verify signatures" },
    platform: { kind: "string", help: "Platform to choose where an image is for several" },
    quiet: { kind: "bool", short: "q", help: "Show no progress" },
  },
  async run(cli, { args, flags, given }) {
    const reference = wantedReference(cli, args[0]!, flags["all-tags"], flags.quiet);
    if (reference.digest === undefined) {
      const disabled = flags["disable-content-trust"];
      refuseContentTrust({ disabled, given: given.has("disable-content-trust") });
    }
    const query = {
      fromImage: familiarName(reference),
      tag: flags["all-tags"] ? undefined : (reference.digest ?? reference.tag),
      platform: (flags.platform ?? process.env["DOCKER_DEFAULT_PLATFORM"])?.toLowerCase() || undefined,
    };
    const headers = { "X-Registry-Auth": await registryAuth(cli, reference.domain) };
    const response = await cli.client.stream("POST", "/images/create", { query, headers });
    await (flags.quiet ? awaitProgress(response) : showProgress(cli, response));
    cli.out(`${canonicalReference(reference)}\n`);
    return 0;
  },
});

/** The image to act on, with a tag unless all are meant; says so when it had to add the usual one. */
export function wantedReference(cli: Cli, text: string, all: boolean, quiet: boolean): Reference {
  const reference = parseReference(text);
  const nameOnly = reference.tag === undefined && reference.digest === undefined;
  if (all && !nameOnly) throw new Error("tag can't be used with --all-tags/-a");
  if (all || !nameOnly) return reference;
  const tagged = withDefaultTag(reference);
  if (!quiet) cli.out(`Using default tag: ${tagged.tag}\n`);
  return tagged;
}
