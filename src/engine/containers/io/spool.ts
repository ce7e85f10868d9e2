import { rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../../../errors/errors.ts";
import { faultPoint } from "../../../files/fault.ts";
import type { LogPosition, StreamName } from "../../logs/types.ts";
import { Ledger } from "./ledger.ts";
import { StreamSpool } from "./stream-spool.ts";

const STREAMS = ["stdout", "stderr"] as const;

/** A container's output on its way to a log in files, so that the death of the daemon loses and doubles none of it. */
export class OutputSpool {
  readonly stdout: StreamSpool;
  readonly stderr: StreamSpool;
  readonly #base: string;
  readonly #ledger: Ledger;
  #repeating = false;
  #open = true;

  private constructor(base: string, ledger: Ledger) {
    this.#base = base;
    this.#ledger = ledger;
    this.stdout = new StreamSpool(spoolPath(base, "stdout"));
    this.stderr = new StreamSpool(spoolPath(base, "stderr"));
  }

  /** For a process that is about to start; `log`: where its log ends. The folder must be there. */
  static create(folder: string, name: string, log: LogPosition): OutputSpool {
    const base = join(folder, name);
    for (const stream of STREAMS) rmSync(spoolPath(base, stream), { force: true });
    return new OutputSpool(base, Ledger.create(ledgerPath(base), log));
  }

  /** What an earlier daemon left of a running process; undefined if it left nothing. */
  static resume(folder: string, name: string): OutputSpool | undefined {
    const base = join(folder, name);
    const ledger = openLedger(ledgerPath(base));
    if (!ledger) return undefined;
    const spool = new OutputSpool(base, ledger);
    for (const stream of STREAMS) spool[stream].resume(ledger.of(stream));
    spool.#repeating = true;
    return spool;
  }

  /** Where the log ended when the earlier daemon noted it last. */
  get log(): LogPosition {
    return this.#ledger.log;
  }

  /** What was taken, and is not in the log, or not known to be. To be called once after resume(). */
  *untold(): Iterable<[StreamName, Uint8Array]> {
    for (const stream of STREAMS)
      for (let chunk = this[stream].next(); chunk; chunk = this[stream].next()) yield [stream, chunk];
    this.#repeating = false;
  }

  /** All that next() gave out is in the log, but for the last `pending` bytes of it. */
  settle(stream: StreamName, pending: number, log: LogPosition): void {
    // Until all has been told again, what was noted before holds.
    if (this.#repeating) return;
    const place = this[stream].settled(pending);
    this.#ledger.note(stream, place, log);
    faultPoint("log.noted", this.#base);
    this[stream].free(place);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#ledger.close();
    for (const stream of STREAMS) this[stream].close();
  }

  /** Closes it, and removes its files. */
  remove(): void {
    this.close();
    rmSync(ledgerPath(this.#base), { force: true });
    for (const stream of STREAMS) rmSync(spoolPath(this.#base, stream), { force: true });
  }
}

const ledgerPath = (base: string) => `${base}-ledger`;
const spoolPath = (base: string, stream: StreamName) => `${base}-${stream}.spool`;

function openLedger(path: string): Ledger | undefined {
  try {
    return Ledger.open(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
