import { openClosedLog, openLog } from "../../logs/drivers.ts";
import { LineSplitter } from "../../logs/splitter.ts";
import type { FramesWanted, LogDriver, LogEntry, ReadOptions, StreamName } from "../../logs/types.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";

export interface OpenedLog {
  log: LogDriver;
  onOutput: (stream: StreamName, chunk: Uint8Array) => void | Promise<void>;
  flush(): void;
}

/**
 * Opens the container's log, and tells what to do with each chunk of output: keep it, then hand it to those attached.
 * Errors: when a receiver of logs is not there.
 */
export async function openContainerLog(env: Env, container: Container): Promise<OpenedLog> {
  const { LogConfig } = container.hostConfig;
  const { facts } = container;
  const context = {
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
  const log = await openLog(LogConfig?.Type ?? "json-file", LogConfig?.Config ?? {}, context, env.log);
  // The files of other drivers are nobody else's to read.
  facts.logPath = log.name === "json-file" ? log.path : "";
  const splitters = { stdout: new LineSplitter("stdout"), stderr: new LineSplitter("stderr") };
  const { hub } = container;
  const keeps = log.name !== "none";
  return {
    log,
    onOutput: (stream, chunk) => {
      const kept = keeps ? splitters[stream].writeTo(log, chunk) : undefined;
      const seen = hub.write(stream, chunk);
      return kept && seen ? Promise.all([kept, seen]).then(() => {}) : (kept ?? seen);
    },
    flush: () => {
      for (const splitter of Object.values(splitters)) void log.write(splitter.flush());
    },
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
