/** The command tree of the client. */
import type { Entry } from "./command.ts";

export const COMMANDS: Record<string, Entry> = {};
