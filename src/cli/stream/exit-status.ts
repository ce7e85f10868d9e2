import { jsonLines } from "../../api/client/lines.ts";
import type { ContainerWaitResponse } from "../../api/schema.ts";
import { messageOf } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";
import { containerPath } from "../container/path.ts";
import { logMessage } from "../log-message.ts";

const FAILED = 125;

/** A request for a container's exit code that the engine has taken. */
export interface Waiting {
  /** The exit code; 125, with a message printed, when it could not be learnt. */
  status: Promise<number>;
}

/** Asks for the exit code of the container's next run. Resolves when the engine has noted it; then start it. */
export async function waitForExit(cli: Cli, id: string, removed: boolean): Promise<Waiting> {
  const query = { condition: removed ? "removed" : "next-exit" };
  const failed = (error: unknown) => {
    logMessage(cli, "error", `error waiting for container: ${messageOf(error)}`);
    return FAILED;
  };
  try {
    const response = await cli.client.stream("POST", containerPath(id, "/wait"), { query });
    return { status: firstOf(cli, response.body).catch(failed) };
  } catch (error) {
    return { status: Promise.resolve(failed(error)) };
  }
}

async function firstOf(cli: Cli, body: AsyncIterable<Uint8Array>): Promise<number> {
  for await (const ended of jsonLines<ContainerWaitResponse>(body)) {
    if (!ended.Error?.Message) return ended.StatusCode;
    logMessage(cli, "error", `Error waiting for container: ${ended.Error.Message}`);
    return FAILED;
  }
  throw new Error("EOF");
}
