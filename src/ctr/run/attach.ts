/** A person at a terminal, or a script, on one side; a process in a container on the other. */
import { constants } from "node:os";
import { TasksDefinition } from "../../proto/containerd/services/tasks/v1/tasks.ts";
import type { Cli } from "../cli.ts";
import type { ProcessIO } from "./process-io.ts";

export interface Target {
  containerId: string;
  /** Empty for the task's first process. */
  execId: string;
}

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Waits for a started process, passing on input, signals and window sizes. Resolves to its exit code. */
export async function attend(cli: Cli, target: Target, io: ProcessIO): Promise<number> {
  const tasks = cli.client(TasksDefinition);
  const waiting = tasks.wait(target, cli.longCall);
  io.sendInput(() => void tasks.closeIO({ ...target, stdin: true }, cli.call).catch(() => {}));
  const release = io.paths.terminal ? useTerminal(cli, target) : forwardSignals(cli, target);
  try {
    const { exitStatus } = await waiting;
    await io.finish();
    return exitStatus;
  } finally {
    release();
  }
}

function useTerminal(cli: Cli, target: Target): () => void {
  const resize = () => {
    const { columns: width, rows: height } = process.stdout;
    void cli
      .client(TasksDefinition)
      .resizePty({ ...target, width, height }, cli.call)
      .catch(() => {});
  };
  if (process.stdout.isTTY) {
    process.stdout.on("resize", resize);
    resize();
  }
  if (process.stdin.isTTY) process.stdin.setRawMode(true);
  return () => {
    process.stdout.off("resize", resize);
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
  };
}

function forwardSignals(cli: Cli, target: Target): () => void {
  const forward = (name: (typeof FORWARDED)[number]) => {
    const signal = constants.signals[name];
    void cli
      .client(TasksDefinition)
      .kill({ ...target, signal }, cli.call)
      .catch(() => {});
  };
  for (const name of FORWARDED) process.on(name, forward);
  return () => {
    for (const name of FORWARDED) process.off(name, forward);
  };
}
