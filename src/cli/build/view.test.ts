import { describe, expect, test } from "bun:test";
import type { BuildEvent } from "./steps.ts";
import { PlainView, TerminalView } from "./view.ts";

const BEGUN = Date.now();
const event = (step: number, status: BuildEvent["status"], text: string, after = 0): BuildEvent => ({
  stage: 0,
  stageName: "base",
  step,
  total: 3,
  status,
  text,
  time: BEGUN + after,
});

/** A terminal that knows what the view writes: up, back to the start of the line, erase what is below, colors. */
class Screen {
  lines: string[] = [""];
  #row = 0;
  #drawn: (() => void) | undefined;

  constructor(
    readonly rows: number,
    readonly columns: number,
  ) {}

  size() {
    return { rows: this.rows, columns: this.columns };
  }

  write(text: string): void {
    for (const [, up, code, char] of text.matchAll(/\u001b\[(?:(\d+)A|([?\d]*[a-zA-Z]))|([\s\S])/g)) {
      if (up) this.#row -= Number(up);
      else if (code === "J") this.lines.splice(this.#row, Number.POSITIVE_INFINITY, "");
      else if (char === "\n") this.lines[++this.#row] ??= "";
      else if (char && char !== "\r") this.lines[this.#row] += char;
      if (this.#row < 0) throw new Error("above the screen");
    }
    this.#drawn?.();
  }

  /** The next time that something is written. */
  async drawn(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#drawn = resolve;
    });
  }

  get text(): string[] {
    return this.lines.map((line) => line.replace(/\d+\.\ds/g, "T").trimEnd());
  }
}

describe("TerminalView", () => {
  test("draws steps in place, with the last lines of the one that runs", async () => {
    const screen = new Screen(40, 60);
    const view = new TerminalView(screen);
    view.event(event(1, "started", "FROM busybox"));
    view.event(event(1, "cached", "FROM busybox"));
    view.event(event(2, "started", "RUN  make\n all"));
    view.event(event(2, "log", "one\ntwo\r\u001b[31mtwo again\u001b[0m\nthree\nfour\nfive\nsix\nsev"));
    view.event(event(2, "log", "en\tand more"));
    await screen.drawn();
    const running = [
      "[+] Building T (1/3)",
      " => CACHED [base 1/3] FROM busybox",
      " => [base 2/3] RUN make all",
      ...["two again", "three", "four", "five", "six", "seven and more"].map((line) => ` => => # ${line}`),
      "",
    ];
    const shown = () => screen.text.map((line) => line.replace(/ +T$/, ""));
    expect(shown()).toEqual(running.map((line) => line.replace("Building T (1/3)", "Building T (1/3)")));
    await screen.drawn();
    expect(shown()).toEqual(running);
    view.event(event(2, "done", "RUN make all", 1500));
    view.event(event(3, "started", "ENV A=1", 1500));
    view.event(event(3, "done", "ENV A=1", 1500));
    view.remark("Successfully tagged x:latest\n");
    view.end();
    expect(screen.lines.map((line) => line.trimEnd())).toEqual([
      expect.stringMatching(/^\[\+\] Building \d+\.\ds \(3\/3\) FINISHED$/),
      expect.stringMatching(/^ => CACHED \[base 1\/3\] FROM busybox +0\.0s$/),
      expect.stringMatching(/^ => \[base 2\/3\] RUN make all +1\.5s$/),
      expect.stringMatching(/^ => \[base 3\/3\] ENV A=1 +0\.0s$/),
      "Successfully tagged x:latest",
      "",
    ]);
  });
  test("shows no more than fits, and no line that is too long", async () => {
    const screen = new Screen(5, 40);
    const view = new TerminalView(screen);
    for (let step = 1; step <= 9; step++) view.event(event(step, "started", `RUN ${"x".repeat(100)}`));
    await screen.drawn();
    expect(screen.lines.filter((line) => line !== "").length).toBeLessThan(5);
    expect(Math.max(...screen.lines.map((line) => line.length))).toBeLessThan(40);
    view.end();
  });
  test("tells what a failed step has said", () => {
    const screen = new Screen(40, 80);
    const view = new TerminalView(screen);
    view.event(event(1, "started", "RUN false"));
    view.event(event(1, "log", "the reason\nis this"));
    view.event(event(1, "failed", "RUN false"));
    view.end();
    view.end();
    expect(screen.text.slice(1)).toEqual([
      expect.stringMatching(/^ => ERROR \[base 1\/3\] RUN false +T$/),
      "------",
      " > [base 1/3] RUN false:",
      "the reason",
      "is this",
      "------",
      "",
    ]);
  });
});

test("PlainView writes a line for each event", () => {
  let said = "";
  const view = new PlainView((text) => {
    said += text;
  });
  view.event(event(1, "started", "FROM busybox"));
  view.event(event(1, "cached", "FROM busybox"));
  view.event(event(2, "started", "RUN x"));
  view.event(event(2, "log", "half", 100));
  view.event(event(2, "log", " line\nnext\n", 250));
  view.event(event(2, "failed", "RUN x", 300));
  expect(said).toBe(
    "#1 [base 1/3] FROM busybox\n#1 CACHED\n\n#2 [base 2/3] RUN x\n#2 0.250 half line\n#2 0.250 next\n#2 ERROR 0.3s\n",
  );
});
