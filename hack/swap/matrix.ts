/** Runs the scenario over combinations, and prints what came of it as a Markdown table. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../lib/busybox-image.ts";
import { Client } from "./client.ts";
import { type RunningDaemons, startDaemons } from "./daemons.ts";
import { type Cell, CLIS, type Daemons, impossible, lackOf, RUNTIMES } from "./parts.ts";
import { AFTER_RESTART, STEPS, type Step } from "./scenario.ts";

export interface Result {
  cell: Cell;
  /** "passed", or the step and the reason. */
  verdict: string;
}

/** How the verdict begins of a combination that cannot exist on this machine. */
export const IMPOSSIBLE = "cannot be: ";

/** Programs that stand in for "stock CLI" and "our CLI". */
const STOCK_CLI = ["/usr/local/bin/docker", "/usr/bin/docker"].find((path) => existsSync(path));

function clientOf(cell: Cell, daemons: RunningDaemons, bin: string): Client {
  const program = cell.cli === "our CLI" ? join(bin, "docker") : STOCK_CLI!;
  const lack = lackOf(cell);
  return new Client(program, daemons.host, daemons.folder, cell.runtime, lack ? [lack.command] : []);
}

async function attempt(steps: readonly Step[], docker: Client, id: string): Promise<string | undefined> {
  for (const { name, run } of steps) {
    try {
      await run(docker, id);
    } catch (error) {
      return `${name}: ${(error as Error).message}`;
    }
  }
  return undefined;
}

/** Runs cells that share their daemons; `parallel` of them at once. `steps`: what is done before the restart. */
export async function runCells(
  daemons: Daemons,
  cells: Cell[],
  bin: string,
  parallel = 3,
  steps: readonly Step[] = STEPS,
): Promise<Result[]> {
  const results = cells.flatMap((cell) => {
    const reason = impossible(cell.runtime, bin);
    return reason === undefined ? [] : [{ cell, verdict: `${IMPOSSIBLE}${reason}` }];
  });
  const possible = cells.filter(({ runtime }) => impossible(runtime, bin) === undefined);
  let running: RunningDaemons;
  try {
    running = await startDaemons(daemons, bin);
  } catch (error) {
    return cells.map((cell) => ({ cell, verdict: (error as Error).message }));
  }
  const works = possible.map((cell, i) => ({
    cell,
    id: `cell${i}`,
    docker: clientOf(cell, running, bin),
    reason: "",
  }));
  const each = async (steps: readonly Step[]) => {
    const waiting = works.filter(({ reason }) => reason === "");
    const worker = async () => {
      for (let work = waiting.shift(); work; work = waiting.shift())
        work.reason = (await attempt(steps, work.docker, work.id)) ?? "";
    };
    await Promise.all(Array.from({ length: parallel }, worker));
  };
  try {
    await loadBusybox(running, bin);
    await each(steps);
    await running.restartContainerd();
    await running.restartDockerd();
    await each(AFTER_RESTART);
  } catch (error) {
    for (const work of works) work.reason ||= (error as Error).message;
  } finally {
    for (const { docker, id, reason } of works)
      if (reason !== "")
        await docker.run(["rm", "-f", id, `${id}-io`, `${id}-run`, `${id}-tty`, `${id}-oom`]);
    await running.stop();
  }
  return [...results, ...works.map(({ cell, reason }) => ({ cell, verdict: reason || "passed" }))];
}

async function loadBusybox({ folder, host }: RunningDaemons, bin: string): Promise<void> {
  mkdirSync(join(folder, "home"), { recursive: true });
  const archive = join(folder, "busybox.tar");
  writeBusyboxImage(archive);
  await new Client(join(bin, "docker"), host, folder, "").ok("load", "-i", archive);
}

const NOTES = ["¹", "²", "³"];

/** A row for dockerd, containerd and shim, a column for client and runtime. */
export function markdown(results: Result[]): string {
  const columns = RUNTIMES.flatMap((runtime) => CLIS.map((cli) => ({ runtime, cli })));
  const notes: string[] = [];
  const noted = (text: string) => {
    if (!notes.includes(text)) notes.push(text);
    return NOTES[notes.indexOf(text)];
  };
  const shown = ({ cell, verdict }: Result) => {
    const lack = lackOf(cell);
    if (verdict.startsWith(IMPOSSIBLE)) return `–${noted(verdict)}`;
    if (verdict === "passed") return lack ? `passed${noted(lack.reason)}` : verdict;
    return verdict.replaceAll("|", "\\|").replaceAll("\n", " ");
  };
  const rows = new Map<string, Map<string, string>>();
  for (const result of results) {
    const { cell } = result;
    const { dockerd, containerd, shim } = cell.daemons;
    const row = [dockerd, containerd, shim].join(" | ");
    const cells = rows.get(row) ?? new Map<string, string>();
    cells.set(`${cell.runtime}/${cell.cli}`, shown(result));
    rows.set(row, cells);
  }
  const head = ["dockerd", "containerd", "shim", ...columns.map(({ runtime, cli }) => `${runtime}, ${cli}`)];
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(head),
    line(head.map(() => "---")),
    ...[...rows].map(([row, cells]) =>
      line([row, ...columns.map(({ runtime, cli }) => cells.get(`${runtime}/${cli}`) ?? "not run")]),
    ),
    ...notes.map((text, note) => `\n${NOTES[note]} ${text}`),
  ].join("\n");
}
