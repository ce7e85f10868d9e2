import { humanDuration } from "../../units/human-duration.ts";

/** "2 minutes ago"; "N/A" for the zero time. */
export function ago(unixSeconds: number, now: number = Date.now() / 1000): string {
  return unixSeconds <= 0 ? "N/A" : `${humanDuration(now - unixSeconds)} ago`;
}
