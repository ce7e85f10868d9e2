import type { LogDriver, LogEntry, LogMessage, ReadOptions } from "../types.ts";
import type { LogFormat } from "./format.ts";
import { type Progress, readLog } from "./reader.ts";
import { RotatedFile, type RotationOptions } from "./rotated.ts";

/** A log in files in the container's folder. */
export class FileLog implements LogDriver, Progress {
  readonly name: string;
  readonly path: string;
  readonly #format: LogFormat;
  readonly #file: RotatedFile;
  readonly #attributes: string;
  readonly #waiting = new Set<() => void>();
  closed = false;

  constructor(
    name: string,
    format: LogFormat,
    path: string,
    rotation: RotationOptions,
    attributes: Record<string, string> = {},
  ) {
    this.name = name;
    this.path = path;
    this.#format = format;
    this.#file = new RotatedFile(path, rotation, format);
    this.#attributes = Object.keys(attributes).length === 0 ? "" : JSON.stringify(attributes);
  }

  get generation(): number {
    return this.#file.generation;
  }

  write(messages: readonly LogMessage[]): void {
    if (this.closed || messages.length === 0) return;
    this.#file.write(this.#format.encode(messages, this.#attributes));
    this.#wake();
  }

  read = (options: ReadOptions): AsyncIterable<LogEntry[]> => readLog(this.path, this.#format, options, this);

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        this.#waiting.delete(finish);
        signal.removeEventListener("abort", finish);
        resolve();
      };
      if (signal.aborted || this.closed) return resolve();
      this.#waiting.add(finish);
      signal.addEventListener("abort", finish);
    });
  }

  #wake(): void {
    for (const finish of [...this.#waiting]) finish();
  }

  /** Resolves when older files that are to be packed are. */
  packed(): Promise<void> {
    return this.#file.packing;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#file.close();
    this.#wake();
  }
}
