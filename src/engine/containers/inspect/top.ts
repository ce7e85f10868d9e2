import { conflict, invalidArgument, systemError } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";

export interface Top {
  Titles: string[];
  Processes: string[][];
}

/** `docker top`: the host's ps, for the container's processes. Errors: conflict unless it runs, invalidArgument. */
export async function topContainer(env: Env, container: Container, psArgs: string): Promise<Top> {
  const { state, id } = container;
  if (/(^|\s)-?o\s*pid\s*=|\bpid=\w/.test(psArgs)) {
    throw invalidArgument(`specifying "${psArgs}" is not allowed: the PID column is needed as it is`);
  }
  if (state.status === "restarting") {
    throw conflict(`Container ${id} is restarting, wait until the container is running`);
  }
  if (!state.hasTask) throw conflict(`container ${id} is not running`);
  const pids = new Set(await env.containerd.pids(id));
  const args = psArgs.trim() === "" ? ["-ef"] : psArgs.trim().split(/\s+/);
  let ran = await ps([...args, "-q", [...pids].join(",")]);
  // Some options (BSD's "aux") do not go with -q: ask for all, and pick.
  if (ran.code !== 0) ran = await ps(args);
  if (ran.code !== 0)
    throw invalidArgument(`ps: ${ran.stderr.split("\n", 1)[0] || `exit status ${ran.code}`}`);
  publish(env, container, "top");
  return parse(ran.stdout, pids);
}

async function ps(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = Bun.spawn(["ps", ...args], { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

function parse(output: string, pids: Set<number>): Top {
  const [header = "", ...lines] = output.split("\n").filter((line) => line.trim() !== "");
  const titles = header.trim().split(/\s+/);
  const column = titles.indexOf("PID");
  if (column < 0) throw systemError("Couldn't find PID field in ps output");
  const rows = lines.map((line) => fieldsOf(line, titles.length));
  return { Titles: titles, Processes: rows.filter((row) => pids.has(Number(row[column]))) };
}

/** The last column is the command, spaces and all. */
function fieldsOf(line: string, count: number): string[] {
  const words = line.trim().split(/\s+/);
  return words.length <= count ? words : [...words.slice(0, count - 1), words.slice(count - 1).join(" ")];
}
