import type { LogDriver, LogEntry, LogMessage, ReadOptions } from "../types.ts";
import { RotatedFile, type RotationOptions } from "./files.ts";
import { encodeLines } from "./format.ts";
import { type Progress, readLog } from "./reader.ts";

/** Lines of JSON in a file in the container's folder. */
export class JsonFileLog implements LogDriver, Progress {
  readonly name = "json-file";
  readonly path: string;
  readonly #file: RotatedFile;
  readonly #attributes: string;
  readonly #waiting = new Set<() => void>();
  closed = false;

  constructor(path: string, rotation: RotationOptions, attributes: Record<string, string> = {}) {
    this.path = path;
    this.#file = new RotatedFile(path, rotation);
    this.#attributes = Object.keys(attributes).length === 0 ? "" : JSON.stringify(attributes);
  }

  get generation(): number {
    return this.#file.generation;
  }

  write(messages: readonly LogMessage[]): void {
    if (this.closed || messages.length === 0) return;
    this.#file.write(encodeLines(messages, this.#attributes));
    this.#wake();
  }

  read = (options: ReadOptions): AsyncIterable<LogEntry> => readLog(this.path, options, this);

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

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#file.close();
    this.#wake();
  }
}
