/**
 * Events on disk, so that the death of the daemon loses none: one JSON line each, appended before anybody is told. The
 * first line holds what had been told of containers before the others (see told.ts). Every so often the file is
 * written anew with the last events only.
 *
 * Lines survive the death of the daemon at any moment; the machine's death may take the last ones.
 */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { faultPoint } from "../../files/fault.ts";
import type { Logger } from "../../log/log.ts";
import type { EngineEvent } from "./bus.ts";
import { type Told, tell } from "./told.ts";

/** An event with its exact time, in nanoseconds since 1970. */
export interface Recorded {
  event: EngineEvent;
  at: bigint;
}

interface HeadLine {
  known: [string, Told][];
}

interface EventLine {
  at: string;
  /** Of a container: which run it was. */
  run?: string;
  event: EngineEvent;
}

/** How many events are kept at least, once there were so many. */
const KEPT = 2048;
/** How many more make the file be written anew. */
const SLACK = 2048;

const MODE = 0o600;

export class EventJournal {
  /** What was told of each container that is not gone. */
  readonly known: Map<string, Told>;
  /** True if there was no journal yet: nothing is known of what was told. */
  readonly isNew: boolean;
  /** Time of the last event before this daemon; 0 if there is none. */
  readonly last: bigint;
  readonly #path: string;
  readonly #log: Logger;
  #fd = -1;
  #count = 0;

  /** Opens or makes the journal; a line that a killed daemon did not finish is dropped. */
  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
    mkdirSync(dirname(path), { recursive: true, mode: 0o710 });
    this.isNew = !existsSync(path);
    const { known, lines } = this.isNew ? { known: new Map<string, Told>(), lines: [] } : this.#load();
    this.known = known;
    this.last = BigInt(lines.at(-1)?.at ?? 0);
    this.#rewrite(lines);
  }

  #load(): { known: Map<string, Told>; lines: EventLine[] } {
    const [head, ...rest] = readFileSync(this.#path, "utf8").split("\n").slice(0, -1);
    const known = new Map((parse<HeadLine>(head) ?? { known: [] }).known);
    const lines = rest.flatMap((text) => parse<EventLine>(text) ?? []);
    for (const { event, run } of lines)
      if (event.Type === "container")
        tell(known, event.Action!, event.Actor!.ID!, event.Actor!.Attributes ?? {}, run ?? "");
    return { known, lines };
  }

  /** The last events, oldest first, with time in [since, until]. */
  past(since: bigint, until?: bigint): Recorded[] {
    return this.#load().lines.flatMap(({ at, event }) => {
      const time = BigInt(at);
      return time >= since && (until === undefined || time <= until) ? [{ event, at: time }] : [];
    });
  }

  /** A disk that is full loses the record, which is logged, not the event. */
  append({ event, at }: Recorded, run: string): void {
    const isContainer = event.Type === "container";
    const line: EventLine = { at: String(at), ...(isContainer ? { run } : {}), event };
    if (isContainer) tell(this.known, event.Action!, event.Actor!.ID!, event.Actor!.Attributes ?? {}, run);
    try {
      faultPoint("event.append");
      writeSync(this.#fd, `${JSON.stringify(line)}\n`);
      faultPoint("event.appended");
      if (++this.#count >= KEPT + SLACK) this.#rewrite(this.#load().lines);
    } catch (error) {
      this.#log.warn("event cannot be recorded", { file: this.#path, error: messageOf(error) });
    }
  }

  /** Takes containers as told that were there before the journal. */
  adopt(containers: [string, Told][]): void {
    for (const [id, told] of containers) this.known.set(id, told);
    this.#rewrite(this.#load().lines);
  }

  /** The last of the lines, and what was told of containers up to the first of them. */
  #rewrite(lines: EventLine[]): void {
    const kept = lines.slice(-KEPT);
    // Telling the kept ones again leads from any earlier status to the same end, so the present one will do.
    const head: HeadLine = { known: [...this.known] };
    const text = [head, ...kept].map((line) => `${JSON.stringify(line)}\n`).join("");
    writeAtomic(this.#path, text, { mode: MODE, durability: "crash" });
    this.close();
    this.#fd = openSync(this.#path, "a", MODE);
    this.#count = kept.length;
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

function parse<T>(text: string | undefined): T | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}
