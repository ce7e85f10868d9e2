/** The container half of the command tree. */
import type { Entry } from "../command.ts";

const run: Entry = { summary: "Create and run a container from an image", load: () => import("./run.ts") };
const create: Entry = { summary: "Create a container", load: () => import("./create.ts") };
const start: Entry = { summary: "Start one or more stopped containers", load: () => import("./start.ts") };
const attach: Entry = {
  summary: "Attach our stdin, stdout and stderr to a running container",
  load: () => import("./attach.ts"),
};
const exec: Entry = { summary: "Execute a command in a running container", load: () => import("./exec.ts") };
const logs: Entry = { summary: "Fetch the logs of a container", load: () => import("./logs.ts") };
const ls: Entry = { summary: "List containers", load: () => import("./list.ts") };
const cp: Entry = {
  summary: "Copy files and folders between a container and the local file system",
  load: () => import("./copy.ts"),
};
const stats: Entry = { summary: "Show what containers use, as it changes", load: () => import("./stats.ts") };
const pause: Entry = {
  summary: "Pause all processes of one or more containers",
  load: () => import("./pause.ts"),
};
const unpause: Entry = { summary: "Let paused containers go on", load: () => import("./unpause.ts") };
const kill: Entry = { summary: "Kill one or more running containers", load: () => import("./kill.ts") };
const stop: Entry = { summary: "Stop one or more running containers", load: () => import("./stop.ts") };
const restart: Entry = { summary: "Restart one or more containers", load: () => import("./restart.ts") };
const rm: Entry = { summary: "Remove one or more containers", load: () => import("./remove.ts") };
const wait: Entry = {
  summary: "Wait until one or more containers stop, then print their exit codes",
  load: () => import("./wait.ts"),
};
const rename: Entry = { summary: "Rename a container", load: () => import("./rename.ts") };
const top: Entry = {
  summary: "Display the running processes of a container",
  load: () => import("./top.ts"),
};
const diff: Entry = {
  summary: "List the changes to files of a container's file system",
  load: () => import("./diff.ts"),
};
const port: Entry = {
  summary: "List port mappings of a container, or one of them",
  load: () => import("./port.ts"),
};
const update: Entry = {
  summary: "Change limits and restart policy of one or more containers",
  load: () => import("./update.ts"),
};
const commit: Entry = {
  summary: "Create an image from a container's changes",
  load: () => import("./commit.ts"),
};
const exportEntry: Entry = {
  summary: "Export a container's file system as a tar archive",
  load: () => import("./export.ts"),
};

/** What exists both as `docker NAME` and as `docker container NAME`. */
const BOTH: Record<string, Entry> = {
  attach,
  commit,
  cp,
  create,
  diff,
  exec,
  export: exportEntry,
  kill,
  logs,
  pause,
  port,
  rename,
  restart,
  rm,
  run,
  start,
  stats,
  stop,
  top,
  unpause,
  update,
  wait,
};

const CONTAINER_GROUP: Record<string, Entry> = {
  ...BOTH,
  inspect: {
    summary: "Print all that is known about one or more containers",
    load: () => import("./inspect.ts"),
  },
  list: { ...ls, hidden: true },
  ls,
  prune: { summary: "Remove all stopped containers", load: () => import("./prune.ts") },
  ps: { ...ls, hidden: true },
  remove: { ...rm, hidden: true },
};

export const CONTAINER_COMMANDS: Record<string, Entry> = {
  ...BOTH,
  inspect: {
    summary: "Print all that is known about objects of the engine",
    load: () => import("../inspect/command.ts"),
  },
  ps: ls,
  container: { summary: "Manage containers", group: CONTAINER_GROUP },
};
