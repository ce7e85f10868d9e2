import { randomBytes } from "node:crypto";
import { conflict, invalidArgument } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { Exec, type ExecConfig, toldCommand } from "./exec.ts";

/** Errors: conflict unless the container runs and is not paused, invalidArgument. */
export function createExec(env: Env, container: Container, config: ExecConfig): Exec {
  checkExec(config);
  refuseUnlessReady(container);
  const exec = new Exec(randomBytes(32).toString("hex"), container, config);
  env.execs.add(exec);
  publish(env, container, `exec_create: ${toldCommand(config.Cmd ?? [])}`, { execID: exec.id });
  return exec;
}

/** Errors: conflict, in stock's words, unless the container runs. */
export function refuseUnlessReady({ state, id, name }: Container): void {
  switch (state.status) {
    case "running":
      return;
    case "paused":
      throw conflict(`Container ${name} is paused, unpause the container before exec`);
    case "restarting":
      throw conflict(`Container ${id} is restarting, wait until the container is running`);
    default:
      throw conflict(`container ${id} is not running`);
  }
}

function checkExec(config: ExecConfig): void {
  const { Cmd, Env: env, ConsoleSize } = config;
  if (!Array.isArray(Cmd) || Cmd.length === 0) throw invalidArgument("No exec command specified");
  if (![...Cmd, ...(env ?? [])].every((word) => typeof word === "string")) {
    throw invalidArgument("invalid JSON: Cmd and Env must be lists of strings");
  }
  if (ConsoleSize && !(Array.isArray(ConsoleSize) && ConsoleSize.length === 2)) {
    throw invalidArgument("invalid ConsoleSize: want [height, width]");
  }
}
