import { openLog } from "../../logs/drivers.ts";
import { LineSplitter } from "../../logs/splitter.ts";
import type { LogDriver, StreamName } from "../../logs/types.ts";
import type { Container } from "../container.ts";

export interface OpenedLog {
  log: LogDriver;
  onOutput: (stream: StreamName, chunk: Uint8Array) => void | Promise<void>;
  flush(): void;
}

/** Opens the container's log, and tells what to do with each chunk of output: keep it, then hand it to those attached. */
export function openContainerLog(container: Container): OpenedLog {
  const { LogConfig } = container.hostConfig;
  const log = openLog(LogConfig?.Type ?? "json-file", LogConfig?.Config ?? {}, {
    id: container.id,
    name: container.name,
    labels: container.labels,
    env: container.config.Env ?? [],
    path: container.file(`${container.id}-json.log`),
  });
  container.facts.logPath = log.path;
  const splitters = { stdout: new LineSplitter("stdout"), stderr: new LineSplitter("stderr") };
  const { hub } = container;
  const keeps = log.name !== "none";
  return {
    log,
    onOutput: (stream, chunk) => {
      if (keeps) log.write(splitters[stream].push(chunk));
      return hub.write(stream, chunk);
    },
    flush: () => {
      for (const splitter of Object.values(splitters)) log.write(splitter.flush());
    },
  };
}
