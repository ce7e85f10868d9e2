import type { FileLog } from "../files/driver.ts";
import type { LogDriver, LogEntry, LogFiles, LogMessage, ReadOptions } from "../types.ts";

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

  /**
   * Noted as kept before they go away: what a daemon that died had noted is never sent again, and what it had not was
   * never sent. So the receiver gets each line at most once.
   */
  write(messages: readonly LogMessage[], kept?: (left: number) => void): void | Promise<void> {
    this.#kept.write(messages, kept);
    return this.#away.write(messages);
  }

  get files(): LogFiles {
    return this.#kept;
  }

  read = (options: ReadOptions): AsyncIterable<LogEntry[]> => this.#kept.read(options);

  close(): void {
    this.#kept.close();
    this.#away.close();
  }
}
