/** The command tree of the client. */
import type { Entry } from "./command.ts";
import { CONTAINER_COMMANDS } from "./container/commands.ts";

export const COMMANDS: Record<string, Entry> = {
  ...CONTAINER_COMMANDS,
};
