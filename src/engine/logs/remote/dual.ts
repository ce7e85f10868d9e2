import type { FileLog } from "../files/driver.ts";
import type { LogDriver, LogEntry, LogMessage, ReadOptions } from "../types.ts";

/** A log that goes away, with a copy kept in files so that `docker logs` works all the same. */
export class DualLog implements LogDriver {
  readonly name: string;
  readonly path = "";
  readonly #away: LogDriver;
  readonly #kept: FileLog;

  constructor(away: LogDriver, kept: FileLog) {
    this.name = away.name;
    this.#away = away;
    this.#kept = kept;
  }

  write(messages: readonly LogMessage[]): void | Promise<void> {
    this.#kept.write(messages);
    return this.#away.write(messages);
  }

  read = (options: ReadOptions): AsyncIterable<LogEntry[]> => this.#kept.read(options);

  close(): void {
    this.#kept.close();
    this.#away.close();
  }
}
