import type { RestartPolicy } from "../../../api/schema.ts";

/** NAME[:MAXIMUM] of --restart. Errors: in the words of the docker client. */
export function parseRestartPolicy(text: string): RestartPolicy {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const count = colon < 0 ? "" : text.slice(colon + 1);
  if (colon === 0) throw new Error("invalid restart policy format: no policy provided before colon");
  if (count !== "" && !/^[+-]?\d+$/.test(count))
    throw new Error("invalid restart policy format: maximum retry count must be an integer");
  return { Name: name as NonNullable<RestartPolicy["Name"]>, MaximumRetryCount: Number(count) };
}
