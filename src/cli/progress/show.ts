import type { StreamedResponse } from "../../api/client/client.ts";
import { jsonLines } from "../../api/client/lines.ts";
import type { Cli } from "../cli.ts";
import { writeFully } from "../terminal/output.ts";
import { displayProgress, screenOf } from "./display.ts";
import type { ProgressMessage } from "./messages.ts";

/** Shows a response on stdout: progress when it is JSON, else as it comes. Errors: the one that a message reports. */
export async function showProgress(
  cli: Cli,
  response: StreamedResponse,
  onAux?: (aux: unknown) => void,
): Promise<void> {
  if (!response.headers.get("content-type")?.startsWith("application/json")) {
    for await (const chunk of response.body) writeFully(1, chunk);
    return;
  }
  const screen = screenOf(1, cli.isTerminal(1), (text) => cli.out(text));
  await displayProgress(jsonLines<ProgressMessage>(response.body), screen, onAux);
}

/** Waits for the end of an action without showing anything. Errors: the one that a message reports. */
export async function awaitProgress(
  response: StreamedResponse,
  onAux?: (aux: unknown) => void,
): Promise<void> {
  const silent = { write: () => {}, terminal: false, width: () => 0 };
  await displayProgress(jsonLines<ProgressMessage>(response.body), silent, onAux);
}
