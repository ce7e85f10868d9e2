/** What a build has told so far, step by step; the engine's BuildEvent, as JSON. */
export interface BuildEvent {
  stage: number;
  stageName: string;
  step: number;
  total: number;
  status: "started" | "cached" | "done" | "failed" | "log";
  text: string;
  stream?: "stdout" | "stderr";
  time: number;
}

export interface Step {
  number: number;
  /** "[build 2/5] RUN make" */
  title: string;
  started: number;
  ended: number | undefined;
  status: BuildEvent["status"];
  /** The last lines it printed, and the unfinished one. */
  lines: string[];
  rest: string;
}

/** How many lines of a failed step are shown again. */
const KEPT = 200;

/** The steps of a build as far as they have been told, by number. */
export class Steps {
  readonly all = new Map<number, Step>();
  total = 0;
  readonly begun = Date.now();

  /** Takes an event in, and gives the step that it is about. */
  take(event: BuildEvent): Step {
    this.total = event.total;
    const step = this.all.get(event.step) ?? this.#begin(event);
    if (event.status === "log") appendLog(step, event.text);
    else if (event.status !== "started") Object.assign(step, { status: event.status, ended: event.time });
    return step;
  }

  #begin(event: BuildEvent): Step {
    const name = /^\d+$/.test(event.stageName) ? `stage-${event.stageName}` : event.stageName;
    const step: Step = {
      number: event.step,
      title: `[${name} ${event.step}/${event.total}] ${firstLine(event.text)}`,
      started: event.time,
      ended: undefined,
      status: "started",
      lines: [],
      rest: "",
    };
    this.all.set(event.step, step);
    return step;
  }

  get finished(): number {
    return [...this.all.values()].filter(({ ended }) => ended !== undefined).length;
  }
}

const firstLine = (text: string): string => text.replace(/\s+/g, " ").trim();

function appendLog(step: Step, text: string): void {
  const parts = (step.rest + text).split("\n");
  step.rest = parts.pop()!;
  step.lines.push(...parts.map(lastState));
  if (step.lines.length > KEPT) step.lines.splice(0, step.lines.length - KEPT);
}

/** A line that redraws itself (carriage returns) as it looks in the end. */
const lastState = (line: string): string => line.replace(/\r$/, "").split("\r").at(-1)!;

export const seconds = (ms: number): string => `${(Math.max(0, ms) / 1000).toFixed(1)}s`;
