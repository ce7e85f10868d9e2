import type { BuildEvent, Step } from "./steps.ts";
import { Steps, seconds } from "./steps.ts";

/** Shows a build while it goes on. */
export interface BuildView {
  event(event: BuildEvent): void;
  /** A remark of the engine's. */
  remark(text: string): void;
  /** Progress of a pull. */
  progress(text: string): void;
  end(): void;
}

/** A line an event, for logs and pipes. */
export class PlainView implements BuildView {
  readonly #steps = new Steps();
  readonly #write: (text: string) => void;
  #last = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  event(event: BuildEvent): void {
    const before = this.#steps.all.get(event.step)?.lines.length ?? 0;
    const step = this.#steps.take(event);
    if (this.#last !== 0 && this.#last !== step.number) this.#write("\n");
    this.#last = step.number;
    const tag = `#${step.number}`;
    if (event.status === "started") this.#write(`${tag} ${step.title}\n`);
    else if (event.status === "log") {
      for (const line of step.lines.slice(Math.min(before, step.lines.length)))
        this.#write(`${tag} ${((event.time - step.started) / 1000).toFixed(3)} ${line}\n`);
    } else if (event.status === "cached") this.#write(`${tag} CACHED\n`);
    else
      this.#write(
        `${tag} ${event.status === "done" ? "DONE" : "ERROR"} ${seconds(event.time - step.started)}\n`,
      );
  }

  remark(text: string): void {
    this.#write(text);
  }

  progress(): void {}

  end(): void {}
}

/** Every message as JSON. */
export class RawView implements BuildView {
  readonly #write: (text: string) => void;
  constructor(write: (text: string) => void) {
    this.#write = write;
  }
  event(event: BuildEvent): void {
    this.#write(`${JSON.stringify(event)}\n`);
  }
  remark(text: string): void {
    this.#write(`${JSON.stringify({ remark: text.trimEnd() })}\n`);
  }
  progress(): void {}
  end(): void {}
}

const TAIL = 6;
const REDRAW_MS = 100;
const CYAN = "\x1b[36m";
const RED = "\x1b[31m";
const DIM = "\x1b[2m";
const RESET = "\x1b[0m";

export interface TerminalScreen {
  write(text: string): void;
  size(): { rows: number; columns: number };
}

/** Steps with their times, redrawn in place; below those that run, the last lines of what they print. */
export class TerminalView implements BuildView {
  readonly #steps = new Steps();
  readonly #screen: TerminalScreen;
  readonly #remarks: string[] = [];
  #pulling = "";
  #drawn = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(screen: TerminalScreen) {
    this.#screen = screen;
    this.#timer = setInterval(() => this.#draw(false), REDRAW_MS);
  }

  event(event: BuildEvent): void {
    this.#steps.take(event);
    if (event.status !== "log") this.#pulling = "";
  }

  remark(text: string): void {
    this.#remarks.push(text.trimEnd());
  }

  progress(text: string): void {
    this.#pulling = text;
  }

  end(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#draw(true);
    for (const step of this.#steps.all.values()) if (step.status === "failed") this.#showLog(step);
    for (const remark of this.#remarks) this.#screen.write(`${remark}\n`);
  }

  /** What a step said before it failed, which nothing shows any more. */
  #showLog({ title, lines, rest }: Step): void {
    const said = [...lines, ...(rest === "" ? [] : [rest])].map(clean);
    if (said.length > 0) this.#screen.write(`------\n > ${clean(title)}:\n${said.join("\n")}\n------\n`);
  }

  #draw(final: boolean): void {
    const { rows, columns } = this.#screen.size();
    const lines = this.#lines(final, columns);
    // What does not fit on the screen cannot be redrawn in place.
    const shown = final || lines.length < rows ? lines : [lines[0]!, ...lines.slice(lines.length - rows + 2)];
    const up = this.#drawn > 0 ? `\x1b[${this.#drawn}A` : "";
    this.#screen.write(`\x1b[?25l${up}\r\x1b[J${shown.join("\n")}\n\x1b[?25h`);
    this.#drawn = final ? 0 : shown.length;
  }

  #lines(final: boolean, columns: number): string[] {
    const { finished, total, begun } = this.#steps;
    const state = final && finished >= total ? " FINISHED" : "";
    const head = `[+] Building ${seconds(Date.now() - begun)} (${finished}/${total})${state}`;
    const lines = [CYAN + head + RESET];
    for (const step of [...this.#steps.all.values()].sort((a, b) => a.number - b.number))
      lines.push(...this.#stepLines(step, columns, final));
    return lines;
  }

  #stepLines(step: Step, columns: number, final: boolean): string[] {
    const time = seconds((step.ended ?? Date.now()) - step.started).padStart(7);
    const mark = step.status === "cached" ? "CACHED " : step.status === "failed" ? "ERROR " : "";
    const room = columns - time.length - 5;
    const title = ` => ${mark}${clean(step.title)}`.slice(0, room).padEnd(room);
    const color = step.status === "failed" ? RED : step.ended === undefined ? "" : CYAN;
    const lines = [`${color}${title} ${time}${color ? RESET : ""}`];
    if (step.ended !== undefined || final) return lines;
    const tail = [...step.lines, ...(step.rest === "" ? [] : [step.rest])].slice(-TAIL);
    if (tail.length === 0 && this.#pulling !== "") tail.push(this.#pulling);
    return [...lines, ...tail.map((line) => `${DIM} => => # ${clean(line).slice(0, columns - 11)}${RESET}`)];
  }
}

/** Without what would move the cursor. */
const clean = (line: string): string =>
  [...line.replaceAll("\t", " ").replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")]
    .filter((char) => char >= " " && char !== "\u007f")
    .join("");
