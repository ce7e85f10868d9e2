import type { Command, Group } from "./command.ts";

export type Entry =
  | { summary: string; aliases?: string[]; group: () => Promise<Group> }
  | { summary: string; aliases?: string[]; command: () => Promise<Command> };

/** Everything that docker-containerd-ctr can do; each part is loaded when it is called. */
export const ENTRIES: Record<string, Entry> = {
  containers: {
    aliases: ["c", "container"],
    summary: "Manage containers",
    group: async () => (await import("./commands/containers.ts")).containers,
  },
  content: {
    summary: "Manage content",
    group: async () => (await import("./commands/content.ts")).content,
  },
  events: {
    aliases: ["event"],
    summary: "Show events as they come",
    command: async () => (await import("./commands/events.ts")).events,
  },
  images: {
    aliases: ["image", "i"],
    summary: "Manage images",
    group: async () => (await import("./commands/images.ts")).images,
  },
  install: {
    summary: "Copy the programs of an image onto this machine",
    command: async () => (await import("./commands/install.ts")).install,
  },
  leases: {
    summary: "Manage leases",
    group: async () => (await import("./commands/leases.ts")).leases,
  },
  namespaces: {
    aliases: ["namespace", "ns"],
    summary: "Manage namespaces",
    group: async () => (await import("./commands/namespaces.ts")).namespaces,
  },
  oci: {
    summary: "OCI tools",
    group: async () => (await import("./commands/oci.ts")).oci,
  },
  plugins: {
    aliases: ["plugin"],
    summary: "Show the daemon's parts",
    group: async () => (await import("./commands/plugins.ts")).plugins,
  },
  pprof: {
    summary: "Fetch profiles of stock containerd",
    group: async () => (await import("./commands/pprof.ts")).pprof,
  },
  run: {
    summary: "Run a container",
    command: async () => (await import("./commands/run.ts")).run,
  },
  shim: {
    summary: "Speak with a shim directly",
    group: async () => (await import("./commands/shim.ts")).shim,
  },
  snapshots: {
    aliases: ["snapshot"],
    summary: "Manage snapshots",
    group: async () => (await import("./commands/snapshots.ts")).snapshots,
  },
  tasks: {
    aliases: ["t", "task"],
    summary: "Manage tasks",
    group: async () => (await import("./commands/tasks.ts")).tasks,
  },
  version: {
    summary: "Show the versions of client and daemon",
    command: async () => (await import("./commands/version.ts")).version,
  },
};

/** Finds a name or an alias. */
export function lookUp<T extends { aliases?: string[] }>(
  table: Record<string, T>,
  name: string,
): [string, T] | undefined {
  return Object.entries(table).find(([key, entry]) => key === name || entry.aliases?.includes(name));
}
