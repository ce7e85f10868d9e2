import { familiarName, type Reference } from "../../reference/reference.ts";
import type { Cli } from "../cli.ts";
import { registryAuth } from "../config/auth.ts";
import { displayProgress, screenOf } from "../progress/display.ts";
import type { ProgressMessage } from "../progress/messages.ts";

/** Pulls the image of a container to be made. Progress goes to stderr: stdout is for the container's id. */
export async function pullMissing(
  cli: Cli,
  reference: Reference,
  platform: string | undefined,
  quiet: boolean,
): Promise<void> {
  const query = {
    fromImage: familiarName(reference),
    tag: reference.digest ?? reference.tag ?? "latest",
    platform: platform?.toLowerCase() || undefined,
  };
  const headers = { "X-Registry-Auth": await registryAuth(cli, reference.domain) };
  const messages = cli.client.lines<ProgressMessage>("POST", "/images/create", { query, headers });
  const write = quiet ? () => {} : (text: string) => cli.err(text);
  await displayProgress(messages, screenOf(2, !quiet && cli.isTerminal(2), write));
}
