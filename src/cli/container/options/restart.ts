import type { RestartPolicy } from "../../../api/schema.ts";

/** NAME[:MAXIMUM] of --restart. Errors: in the words of the docker client. */
export function parseRestartPolicy(text: string): RestartPolicy {
  if (text === "") return { Name: "", MaximumRetryCount: 0 };
  const parts = text.split(":");
  const [name, count] = parts;
  if (parts.length > 2) throw new Error("invalid restart policy format: more than one ':'");
  if (count !== undefined && name === "")
    throw new Error("invalid restart policy format: no policy provided before colon");
  if (count !== undefined && !/^[+-]?\d+$/.test(count))
    throw new Error("invalid restart policy format: maximum retry count must be an integer");
  return { Name: name as NonNullable<RestartPolicy["Name"]>, MaximumRetryCount: Number(count ?? 0) };
}
