import { conflict } from "../../../errors/errors.ts";
import { attachExec } from "../../containers/attach/exec.ts";
import { createExec } from "../../containers/exec/create.ts";
import type { Exec, ExecConfig } from "../../containers/exec/exec.ts";
import { claimStart, startExec } from "../../containers/exec/start.ts";
import { parseDetachKeys } from "../../containers/io/detach-keys.ts";
import type { Containers } from "../../containers/manager.ts";
import type { Route } from "../../http/route.ts";
import { streamType } from "../containers/attach.ts";
import { terminalSize } from "../containers/lifecycle.ts";

interface StartBody {
  Detach?: boolean;
  Tty?: boolean;
  ConsoleSize?: [number, number] | null;
}

/** /containers/{id}/exec and all of /exec/. */
export function execRoutes(containers: Containers): Route[] {
  const { env } = containers;
  return [
    {
      method: "POST",
      path: "/containers/{id}/exec",
      async handle(ctx) {
        const container = containers.find(ctx.params["id"]!);
        const config = (await ctx.body<ExecConfig>()) ?? {};
        if (config.DetachKeys) parseDetachKeys(config.DetachKeys);
        ctx.json(201, { Id: createExec(env, container, config).id });
      },
    },
    {
      method: "POST",
      path: "/exec/{id}/start",
      async handle(ctx) {
        const exec = env.execs.find(ctx.params["id"]!);
        const body = (await ctx.body<StartBody>()) ?? {};
        if (body.ConsoleSize) exec.config.ConsoleSize = body.ConsoleSize;
        claimStart(exec);
        if (body.Detach) {
          await startExec(env, exec, false);
          ctx.empty(200);
          return;
        }
        const connection = await ctx.hijack(streamType(ctx, exec.config.Tty === true));
        await attachExec(env, exec, connection);
      },
    },
    {
      method: "POST",
      path: "/exec/{id}/resize",
      async handle(ctx) {
        const exec = env.execs.find(ctx.params["id"]!);
        const size = terminalSize(ctx);
        if (exec.status === "exited") throw conflict(`exec ${exec.id} is not running`);
        if (size.width > 0 && size.height > 0) {
          exec.size = size;
          if (exec.status === "running") await env.containerd.resize(exec.container.id, exec.id, size);
        }
        ctx.empty(200);
      },
    },
    {
      method: "GET",
      path: "/exec/{id}/json",
      handle(ctx) {
        ctx.json(200, inspectExec(env.execs.find(ctx.params["id"]!)));
      },
    },
  ];
}

function inspectExec(exec: Exec): object {
  const { config, container } = exec;
  const [entrypoint = "", ...args] = config.Cmd ?? [];
  return {
    ID: exec.id,
    Running: exec.status === "running",
    ExitCode: exec.status === "exited" ? (exec.exitCode ?? null) : null,
    ProcessConfig: {
      tty: config.Tty ?? false,
      entrypoint,
      arguments: args,
      privileged: config.Privileged ?? false,
      ...(config.User ? { user: config.User } : {}),
    },
    OpenStdin: config.AttachStdin ?? false,
    OpenStderr: config.AttachStderr ?? false,
    OpenStdout: config.AttachStdout ?? false,
    CanRemove: false,
    ContainerID: container.id,
    DetachKeys: Buffer.from(config.DetachKeys ? parseDetachKeys(config.DetachKeys) : []).toString("base64"),
    Pid: exec.pid,
  };
}
