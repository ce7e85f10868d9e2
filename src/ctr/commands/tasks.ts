import type { Group } from "../command.ts";
import { attach, exec } from "./tasks-attached.ts";
import { checkpoint } from "./tasks-checkpoint.ts";
import { kill, pause, remove, resume, start } from "./tasks-control.ts";
import { list, metrics, processes } from "./tasks-show.ts";

export const tasks: Group = {
  summary: "Manage tasks",
  commands: {
    ls: list,
    attach,
    checkpoint,
    exec,
    kill,
    metrics,
    pause,
    ps: processes,
    resume,
    rm: remove,
    start,
  },
};
