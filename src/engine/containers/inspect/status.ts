import { humanDuration } from "../../../units/human-duration.ts";
import { millisSince, NEVER } from "../../time.ts";
import type { ContainerState } from "../state/machine.ts";

/** "Up 3 minutes (healthy)", "Exited (0) 2 hours ago", as `docker ps` shows it. */
export function statusText(state: ContainerState): string {
  const ago = (time: string) => humanDuration(millisSince(time) / 1000);
  switch (state.status) {
    case "paused":
      return `Up ${ago(state.startedAt)} (Paused)`;
    case "restarting":
      return `Restarting (${state.exitCode}) ${ago(state.finishedAt)} ago`;
    case "running":
      return `Up ${ago(state.startedAt)}${healthText(state)}`;
    case "removing":
      return "Removal In Progress";
    case "dead":
      return "Dead";
    case "created":
      return "Created";
    case "exited":
      return state.finishedAt === NEVER ? "" : `Exited (${state.exitCode}) ${ago(state.finishedAt)} ago`;
  }
}

function healthText({ health }: ContainerState): string {
  if (!health) return "";
  return health.Status === "starting" ? " (health: starting)" : ` (${health.Status})`;
}
