import { invalidArgument } from "../../../errors/errors.ts";
import { attachContainer, checkAttachable } from "../../containers/attach/container.ts";
import { parseDetachKeys } from "../../containers/io/detach-keys.ts";
import type { Containers } from "../../containers/manager.ts";
import type { Context, Route } from "../../http/route.ts";

const RAW_STREAM = "application/vnd.docker.raw-stream";
const MULTIPLEXED_STREAM = "application/vnd.docker.multiplexed-stream";

/** The type of a stream: clients since API 1.42 are told whether it is multiplexed. */
export function streamType(ctx: Context, terminal: boolean): string {
  return !terminal && ctx.version.atLeast("1.42") ? MULTIPLEXED_STREAM : RAW_STREAM;
}

/** POST /containers/{id}/attach, and GET .../attach/ws for browsers. */
export function attachRoutes(containers: Containers): Route[] {
  return [
    {
      method: "GET",
      path: "/containers/{id}/attach/ws",
      async handle(ctx) {
        const container = containers.find(ctx.params["id"]!);
        const detachKeys = detachKeysOf(ctx);
        checkAttachable(container);
        // What comes is not multiplexed here, with or without a terminal.
        await attachContainer(containers.env, container, await ctx.webSocket(), {
          ...wantedStreams(ctx),
          terminal: true,
          detachKeys,
        });
      },
    },
    {
      method: "POST",
      path: "/containers/{id}/attach",
      async handle(ctx) {
        const container = containers.find(ctx.params["id"]!);
        const terminal = container.config.Tty === true;
        const keys = detachKeysOf(ctx);
        checkAttachable(container);
        const connection = await ctx.hijack(streamType(ctx, terminal));
        await attachContainer(containers.env, container, connection, {
          ...wantedStreams(ctx),
          terminal,
          detachKeys: terminal ? keys : undefined,
        });
      },
    },
  ];
}

function wantedStreams(ctx: Context) {
  return {
    stdin: ctx.flag("stdin"),
    stdout: ctx.flag("stdout"),
    stderr: ctx.flag("stderr"),
    logs: ctx.flag("logs"),
    stream: ctx.flag("stream"),
  };
}

function detachKeysOf(ctx: Context): Uint8Array {
  const text = ctx.query.get("detachKeys") ?? "";
  try {
    return parseDetachKeys(text);
  } catch (cause) {
    throw invalidArgument(`Invalid detach keys (${text}) provided`, { cause });
  }
}
