/** What there is of the swarm commands: enough to see that the engine is in none, or to look and leave. */
import type { Entry } from "../command.ts";
import type { SwarmKind } from "./objects.ts";

const KINDS: SwarmKind[] = [
  { name: "config", path: "/configs", placeholder: "CONFIG" },
  { name: "node", path: "/nodes", placeholder: "NODE", inspected: "self|NODE", force: true },
  { name: "secret", path: "/secrets", placeholder: "SECRET" },
  { name: "service", path: "/services", placeholder: "SERVICE" },
];

function groupOf(kind: SwarmKind): Entry {
  const ls: Entry = {
    summary: `List the ${kind.name}s of the swarm`,
    load: async () => ({ default: (await import("./objects.ts")).listCommand(kind) }),
  };
  const rm: Entry = {
    summary: `Remove one or more ${kind.name}s`,
    load: async () => ({ default: (await import("./objects.ts")).removeCommand(kind) }),
  };
  const inspect: Entry = {
    summary: `Print all that is known about one or more ${kind.name}s`,
    load: async () => ({ default: (await import("./objects.ts")).inspectCommand(kind) }),
  };
  const hidden = { list: { ...ls, hidden: true }, remove: { ...rm, hidden: true } } as const;
  return { summary: `Look at ${kind.name}s of a swarm`, group: { inspect, ls, rm, ...hidden } };
}

export const SWARM_COMMANDS: Record<string, Entry> = {
  ...Object.fromEntries(KINDS.map((kind) => [kind.name, groupOf(kind)])),
  swarm: {
    summary: "Leave a swarm",
    group: { leave: { summary: "Leave the swarm", load: () => import("./leave.ts") } },
  },
};
