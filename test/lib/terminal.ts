/** A program in a terminal of 100 columns and 40 rows, and somebody who types. */
import { join } from "node:path";
import { type Engine, eventually } from "./engine.ts";

export interface Terminal {
  /** All that has been shown. */
  readonly seen: string;
  types(text: string): void;
  resizes(columns: number, rows: number): void;
  /** Waits until a text is shown that was not waited for before; returns all from there up to and with it. */
  shows(text: string): Promise<string>;
  /** The exit code, when everything has been shown. */
  ends(): Promise<number>;
}

const COLUMNS = 100;
const ROWS = 40;

export function openTerminal(engine: Engine, command: string[]): Terminal {
  const decoder = new TextDecoder();
  let seen = "";
  let at = 0;
  const child = Bun.spawn(command, {
    env: {
      PATH: process.env["PATH"],
      HOME: join(engine.folder, "home"),
      DOCKER_HOST: engine.host,
      TERM: "xterm",
    },
    terminal: {
      cols: COLUMNS,
      rows: ROWS,
      data(_, chunk) {
        seen += decoder.decode(chunk, { stream: true });
      },
    },
  });
  const screen = child.terminal!;
  return {
    get seen() {
      return seen;
    },
    types: (text) => void screen.write(text),
    resizes: (columns, rows) => screen.resize(columns, rows),
    async shows(text) {
      const from = at;
      await eventually(
        `${JSON.stringify(text)} on the terminal`,
        () => seen.slice(from),
        (shown) => shown.includes(text),
      );
      at = seen.indexOf(text, from) + text.length;
      return seen.slice(from, at);
    },
    async ends() {
      const code = await child.exited;
      screen.close();
      return code;
    },
  };
}
