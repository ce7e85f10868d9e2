/** What is shown of the virtual machine's console: its own lines, and of a file with failures all that the tests printed. */

/** Lines kept of one file: a test that prints without end must not hide the others. */
const KEPT = 2000;

export class ConsoleReport {
  readonly #show: (line: string) => void;
  /** What the file under test has printed so far. */
  #printed: string[] = [];

  constructor(show: (line: string) => void) {
    this.#show = show;
  }

  /** Takes the console's next line. */
  line(text: string): void {
    const [, word, rest] = /^PEQUOD-VM (\w+) ?(.*)$/.exec(text) ?? [];
    if (word === undefined) {
      this.#printed.push(text);
      if (this.#printed.length > KEPT) this.#printed.shift();
      return;
    }
    if (word !== "exit" || rest !== "0") this.#tell(word === "exit" || word === "done");
    else this.#printed = [];
    this.#show(text);
  }

  /** The machine is off: whatever came after its last own line belongs to a file that did not end. */
  end(): void {
    this.#tell(true);
  }

  #tell(wanted: boolean): void {
    const lines = wanted ? this.#printed.filter((line) => !line.startsWith("(pass)")) : [];
    for (const line of lines) this.#show(line);
    this.#printed = [];
  }
}
