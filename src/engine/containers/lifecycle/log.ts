import { mkdirSync } from "node:fs";
import { messageOf } from "../../../errors/errors.ts";
import { canTellReadiness } from "../../../linux/readiness.ts";
import { openClosedLog, openLog } from "../../logs/drivers.ts";
import { LineSplitter } from "../../logs/splitter.ts";
import type {
  FramesWanted,
  LogContext,
  LogDriver,
  LogEntry,
  LogFiles,
  ReadOptions,
  StreamName,
} from "../../logs/types.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { fifoFolder } from "../io/fifo-folder.ts";
import type { OutputSink } from "../io/process-io.ts";
import { OutputSpool } from "../io/spool.ts";

export interface OpenedLog {
  log: LogDriver;
  sink: OutputSink;
}

/**
 * Opens the container's log, and tells what to do with its output: keep it, then hand it to those attached. "go on":
 * the process runs already, and what an earlier daemon had taken of its output is in the log afterwards.
 * Errors: when a receiver of logs is not there.
 */
export async function openContainerLog(
  env: Env,
  container: Container,
  how: "begin" | "go on",
): Promise<OpenedLog> {
  const { LogConfig } = container.hostConfig;
  const log = await openLog(
    LogConfig?.Type ?? "json-file",
    LogConfig?.Config ?? {},
    contextOf(container),
    env.log,
  );
  // The files of other drivers are nobody else's to read.
  container.facts.logPath = log.name === "json-file" ? log.path : "";
  const spool = log.files && openSpool(env, container, log.files, how);
  const sink = new LogSink(env, container, log, spool);
  sink.repeat();
  return { log, sink };
}

function contextOf(container: Container): LogContext {
  const { facts } = container;
  return {
    id: container.id,
    name: container.name,
    image: container.config.Image ?? "",
    imageID: facts.image,
    command: [facts.path, ...facts.args].join(" "),
    created: facts.created,
    labels: container.labels,
    env: container.config.Env ?? [],
    folder: container.folder,
  };
}

function openSpool(
  env: Env,
  container: Container,
  { position }: LogFiles,
  how: "begin" | "go on",
): OutputSpool | undefined {
  if (!canTellReadiness()) {
    env.log.warn("no asynchronous I/O (fs.aio-max-nr): if dockerd is killed, a line of output may get lost", {
      container: container.id,
    });
    return undefined;
  }
  const folder = fifoFolder(env, container);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const left = how === "go on" ? OutputSpool.resume(folder, "init") : undefined;
  return left ?? OutputSpool.create(folder, "init", position);
}

/** Cuts output into lines, keeps them in the log, and hands the output to those attached. */
class LogSink implements OutputSink {
  readonly #env: Env;
  readonly #container: Container;
  readonly #log: LogDriver;
  readonly spool: OutputSpool | undefined;
  readonly #splitters = { stdout: new LineSplitter("stdout"), stderr: new LineSplitter("stderr") };
  #failing = false;

  constructor(env: Env, container: Container, log: LogDriver, spool: OutputSpool | undefined) {
    this.#env = env;
    this.#container = container;
    this.#log = log;
    this.spool = spool;
  }

  write = (stream: StreamName, chunk: Uint8Array): void | Promise<void> => {
    const { hub } = this.#container;
    const kept = this.#log.name === "none" ? undefined : this.#keep(stream, chunk);
    const seen = hub.hasListeners ? hub.write(stream, this.spool ? chunk.slice() : chunk) : undefined;
    return kept && seen ? Promise.all([kept, seen]).then(() => {}) : (kept ?? seen);
  };

  /** A full disk costs lines, as with every engine, and not the container. */
  #keep(stream: StreamName, chunk: Uint8Array | "the rest"): void | Promise<void> {
    const splitter = this.#splitters[stream];
    const kept = (left: number) => this.#settle(stream, left);
    try {
      const sent =
        chunk === "the rest"
          ? this.#log.write(splitter.flush(), kept)
          : splitter.writeTo(this.#log, chunk, kept);
      this.#failing = false;
      return sent;
    } catch (error) {
      if (!this.#failing)
        this.#env.log.error("log lines of a container could not be written", {
          container: this.#container.id,
          error: messageOf(error),
        });
      this.#failing = true;
      this.#settle(stream);
      return undefined;
    }
  }

  /** `left`: bytes of whole lines that are not in the log yet. */
  #settle(stream: StreamName, left = 0): void {
    const { files } = this.#log;
    if (files) this.spool?.settle(stream, left + this.#splitters[stream].pending, files.position);
  }

  /** What an earlier daemon had taken is written, unless it had been written already. */
  repeat(): void {
    const { spool } = this;
    const { files } = this.#log;
    if (!spool || !files) return;
    files.repeat(spool.log);
    for (const [stream, chunk] of spool.untold()) void this.write(stream, chunk);
    files.repeated();
    for (const stream of ["stdout", "stderr"] as const) this.#settle(stream);
  }

  /** Writes what is left of unfinished lines. */
  end = (): void => {
    for (const stream of ["stdout", "stderr"] as const) void this.#keep(stream, "the rest");
  };
}

type Readable = Pick<LogDriver, "read" | "readFrames">;

/** The log to read of, whether the container runs or not. Undefined if its driver cannot be read. */
async function readable({ run, hostConfig, folder, id }: Container): Promise<Readable | undefined> {
  if (run) return run.log;
  const { Type = "json-file", Config } = hostConfig.LogConfig ?? {};
  return openClosedLog(Type, Config ?? {}, { folder, id });
}

/** What the container has printed; a follow goes on while it runs. Undefined if its driver cannot be read. */
export async function readContainerLog(
  container: Container,
  options: ReadOptions,
): Promise<AsyncIterable<LogEntry[]> | undefined> {
  return (await readable(container))?.read?.(options);
}

/** The same as a client gets it; undefined if that has to be made of entries. */
export async function readContainerFrames(
  container: Container,
  options: ReadOptions,
  wanted: FramesWanted,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  if (options.since !== 0n || options.until !== 0n) return undefined;
  return (await readable(container))?.readFrames?.(options, wanted);
}
