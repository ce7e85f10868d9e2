/** The command tree of the client. */

import { BUILD_COMMANDS } from "./build/commands.ts";
import { CHECKPOINT_COMMANDS } from "./checkpoint/commands.ts";
import type { Entry } from "./command.ts";
import { COMPLETION_COMMANDS } from "./completion/commands.ts";
import { CONTAINER_COMMANDS } from "./container/commands.ts";
import { CONTEXT_COMMANDS } from "./context/commands.ts";
import { IMAGE_COMMANDS } from "./image/commands.ts";
import { NETWORK_COMMANDS } from "./network/commands.ts";
import { PLUGIN_COMMANDS } from "./plugin/commands.ts";
import { REGISTRY_COMMANDS } from "./registry/commands.ts";
import { SWARM_COMMANDS } from "./swarm/commands.ts";
import { SYSTEM_COMMANDS } from "./system/commands.ts";
import { VOLUME_COMMANDS } from "./volume/commands.ts";

export const COMMANDS: Record<string, Entry> = {
  ...BUILD_COMMANDS,
  ...COMPLETION_COMMANDS,
  ...CONTAINER_COMMANDS,
  ...CONTEXT_COMMANDS,
  ...IMAGE_COMMANDS,
  ...NETWORK_COMMANDS,
  ...REGISTRY_COMMANDS,
  ...SYSTEM_COMMANDS,
  ...VOLUME_COMMANDS,
  ...CHECKPOINT_COMMANDS,
  ...PLUGIN_COMMANDS,
  ...SWARM_COMMANDS,
};
