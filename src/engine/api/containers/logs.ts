import { invalidArgument, notImplemented } from "../../../errors/errors.ts";
import type { Container } from "../../containers/container.ts";
import { chunkOf } from "../../containers/io/log-chunk.ts";
import { readContainerFrames, readContainerLog } from "../../containers/lifecycle/log.ts";
import type { Containers } from "../../containers/manager.ts";
import type { Context, Route } from "../../http/route.ts";
import { writeChunk } from "../../http/stream.ts";
import type { FramesWanted, LogEntry, ReadOptions } from "../../logs/types.ts";
import { formatNanos, parseNanos } from "../../time.ts";
import { streamType } from "./attach.ts";

/** GET /containers/{id}/logs */
export function logRoutes(containers: Containers): Route[] {
  return [
    {
      method: "GET",
      path: "/containers/{id}/logs",
      async handle(ctx) {
        const container = containers.find(ctx.params["id"]!);
        const wanted = { stdout: ctx.flag("stdout"), stderr: ctx.flag("stderr") };
        if (!wanted.stdout && !wanted.stderr) {
          throw invalidArgument("Bad parameters: you must choose at least one stream");
        }
        const terminal = container.config.Tty === true;
        const shape = {
          ...wanted,
          framed: !terminal,
          prefix: prefixer(ctx.flag("timestamps"), ctx.flag("details")),
        };
        const chunks = await openChunks(container, readOptions(ctx), shape);
        ctx.res.writeHead(200, { "Content-Type": streamType(ctx, terminal) });
        ctx.res.flushHeaders();
        for await (const chunk of chunks) await writeChunk(ctx.res, chunk);
        ctx.res.end();
      },
    },
  ];
}

interface Shape extends FramesWanted {
  prefix: ((entry: LogEntry) => string) | undefined;
}

async function openChunks(
  container: Container,
  options: ReadOptions,
  shape: Shape,
): Promise<AsyncIterable<Uint8Array>> {
  const frames = shape.prefix ? undefined : await readContainerFrames(container, options, shape);
  if (frames) return frames;
  const batches = await readContainerLog(container, options);
  if (!batches) throw notImplemented("configured logging driver does not support reading");
  return chunksOf(batches, shape);
}

async function* chunksOf(batches: AsyncIterable<LogEntry[]>, shape: Shape): AsyncIterable<Uint8Array> {
  for await (const batch of batches) {
    const chunk = chunkOf(
      batch.filter(({ stream }) => shape[stream]),
      shape,
    );
    if (chunk.length > 0) yield chunk;
  }
}

function readOptions(ctx: Context): ReadOptions {
  const tail = ctx.query.get("tail") ?? "all";
  const until = nanosOf(ctx, "until");
  return {
    follow: ctx.flag("follow"),
    tail: /^\d+$/.test(tail) ? Number(tail) : -1,
    since: nanosOf(ctx, "since"),
    until,
    signal: ctx.signal,
  };
}

/** Seconds since 1970, with a fraction of up to nine digits, or RFC 3339. Errors: invalidArgument. */
function nanosOf(ctx: Context, name: string): bigint {
  const text = ctx.query.get(name) ?? "";
  if (text === "" || text === "0") return 0n;
  const match = /^(-?\d+)(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (match) return BigInt(match[1]!) * 1_000_000_000n + BigInt((match[2] ?? "").padEnd(9, "0") || "0");
  const nanos = parseNanos(text);
  if (nanos === 0n) throw invalidArgument(`invalid value for "${name}": ${text}`);
  return nanos;
}

/** Puts time and details in front of a line, as asked for. */
function prefixer(timestamps: boolean, details: boolean): ((entry: LogEntry) => string) | undefined {
  if (!timestamps && !details) return undefined;
  return ({ time, attributes }) => {
    let prefix = timestamps ? `${fixedTime(time)} ` : "";
    if (details) {
      const pairs = Object.entries(attributes ?? {})
        .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
        .sort();
      prefix += `${pairs.join(",")} `;
    }
    return prefix;
  };
}

/** All nine digits, so that columns stand in line. */
function fixedTime(time: string): string {
  const text = formatNanos(parseNanos(time));
  const [whole = "", fraction = ""] = text.slice(0, -1).split(".");
  return `${whole}.${fraction.padEnd(9, "0")}Z`;
}
