import type { StreamedResponse } from "../../api/client/client.ts";
import { jsonLines } from "../../api/client/lines.ts";
import type { ContainerWaitResponse } from "../../api/schema.ts";

/** The exit code that the answer to a wait request brings. Errors: the one the engine reports. */
export async function resultOf(response: StreamedResponse): Promise<number> {
  for await (const ended of jsonLines<ContainerWaitResponse>(response.body)) {
    if (ended.Error?.Message) throw new Error(ended.Error.Message);
    return ended.StatusCode;
  }
  throw new Error("EOF");
}
