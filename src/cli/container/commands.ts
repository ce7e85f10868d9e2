/** The container half of the command tree. */
import type { Entry } from "../command.ts";

/** `docker container NAME`, and most of them as `docker NAME`. */
const CONTAINER_GROUP: Record<string, Entry> = {};

export const CONTAINER_COMMANDS: Record<string, Entry> = {
  container: { summary: "Manage containers", group: CONTAINER_GROUP },
};
