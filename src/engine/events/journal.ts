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
import { type RunFacts, type Told, tell } from "./told.ts";

/** An event with its exact time, in nanoseconds since 1970. */
export interface Recorded {
  event: EngineEvent;
  at: bigint;
}

interface HeadLine {
  known: [string, Told][];
}

interface EventLine extends Partial<RunFacts> {
  at: string;
  event: EngineEvent;
}

/** What is no event, and needed to tell a later one. */
type NoteLine =
  | { exec: { container: string; id: string; exitCode: number } }
  | { starting: { container: string; begun: boolean } };

type Line = EventLine | NoteLine;

const isEvent = (line: Line): line is EventLine => "event" in line;

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
  /** What had been told before the first line of the file. */
  #head: Map<string, Told>;
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
    const { head, lines } = this.isNew ? { head: new Map<string, Told>(), lines: [] } : this.#load();
    this.#head = head;
    this.known = copyOf(head);
    for (const line of lines) takeLine(this.known, line);
    this.last = BigInt(lines.findLast(isEvent)?.at ?? 0);
    this.#rewrite(lines);
  }

  #load(): { head: Map<string, Told>; lines: Line[] } {
    const [head, ...rest] = readFileSync(this.#path, "utf8").split("\n").slice(0, -1);
    return {
      head: new Map((parse<HeadLine>(head) ?? { known: [] }).known),
      lines: rest.flatMap((text) => parse<Line>(text) ?? []),
    };
  }

  /** The last events, oldest first, with time in [since, until]. */
  past(since: bigint, until?: bigint): Recorded[] {
    return this.#load()
      .lines.filter(isEvent)
      .flatMap(({ at, event }) => {
        const time = BigInt(at);
        return time >= since && (until === undefined || time <= until) ? [{ event, at: time }] : [];
      });
  }

  append({ event, at }: Recorded, facts: RunFacts): void {
    const isContainer = event.Type === "container";
    this.#append({ at: String(at), ...(isContainer ? facts : {}), event });
  }

  /** An exec process has ended, which will be told in a while. */
  noteExecExit(container: string, id: string, exitCode: number): void {
    this.#append({ exec: { container, id, exitCode } });
  }

  /** A container's process is about to be started, or has not been. */
  noteStarting(container: string, begun: boolean): void {
    this.#append({ starting: { container, begun } });
  }

  /** A disk that is full loses the record, which is logged, not the event. */
  #append(line: Line): void {
    takeLine(this.known, line);
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
    for (const [id, told] of containers) {
      this.known.set(id, told);
      this.#head.set(id, structuredClone(told));
    }
    this.#rewrite(this.#load().lines);
  }

  /** The last of the lines, and what was told of containers up to the first of them. */
  #rewrite(lines: Line[]): void {
    const kept = lines.slice(-KEPT);
    const head = copyOf(this.#head);
    for (const line of lines.slice(0, -KEPT)) takeLine(head, line);
    const first: HeadLine = { known: [...head] };
    const text = [first, ...kept].map((line) => `${JSON.stringify(line)}\n`).join("");
    writeAtomic(this.#path, text, { mode: MODE, durability: "crash" });
    this.#head = head;
    this.close();
    this.#fd = openSync(this.#path, "a", MODE);
    this.#count = kept.length;
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }
}

const copyOf = (known: Map<string, Told>) => new Map(structuredClone([...known]));

function takeLine(known: Map<string, Told>, line: Line): void {
  if (isEvent(line)) {
    tell(known, line.event, {
      run: line.run ?? "",
      ...(line.kills === undefined ? {} : { kills: line.kills }),
    });
    return;
  }
  if ("starting" in line) {
    const told = known.get(line.starting.container);
    if (told) told.starting = line.starting.begun;
    return;
  }
  const { container, id, exitCode } = line.exec;
  const told = known.get(container);
  if (told?.execs && id in told.execs) told.execs = { ...told.execs, [id]: exitCode };
}

function parse<T>(text: string | undefined): T | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}
