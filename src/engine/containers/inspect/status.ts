import { millisSince, NEVER } from "../../time.ts";
import type { ContainerState } from "../state/machine.ts";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time as people say it; Docker's words and thresholds. */
export function humanDuration(millis: number): string {
  const seconds = Math.trunc(millis / 1000);
  const hours = Math.trunc(seconds / HOUR + 0.5);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < MINUTE) return `${seconds} seconds`;
  const minutes = Math.trunc(seconds / MINUTE);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(seconds / DAY / 365)} years`;
}

/** "Up 3 minutes (healthy)", "Exited (0) 2 hours ago", as `docker ps` shows it. */
export function statusText(state: ContainerState): string {
  const ago = (time: string) => humanDuration(millisSince(time));
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
