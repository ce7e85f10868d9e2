import { invalidArgument, systemError } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { cgroupProcesses } from "../../linux/cgroup/cgroup.ts";
import { print } from "../print.ts";
import { firstOf } from "./arguments.ts";
import type { Context } from "./context.ts";

export const FLAGS = {
  format: { kind: "string", short: "f", help: "table or json", value: "FORMAT", fallback: "table" },
} as const;

/** The lines of ps(1) that are about these processes, with its header. */
function select(output: string, pids: ReadonlySet<string>): string {
  const [header = "", ...lines] = output.trimEnd().split("\n");
  const column = header.trim().split(/\s+/).indexOf("PID");
  if (column < 0) throw invalidArgument("couldn't find PID field in ps output");
  const ours = lines.filter((line) => pids.has(line.trim().split(/\s+/)[column] ?? ""));
  return [header, ...ours].map((line) => `${line}\n`).join("");
}

export async function run({ store }: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args, { stopAtFirst: true });
  const id = firstOf("ps", rest);
  const psOptions = rest.slice(1);
  const format = values.format ?? "table";
  if (format !== "table" && format !== "json") throw invalidArgument("invalid format option");
  const pids = cgroupProcesses(store.load(id).cgroup);
  if (format === "json") {
    print(`${JSON.stringify(pids)}\n`);
    return 0;
  }
  const program = Bun.which("ps");
  if (!program) throw systemError('"ps": executable file not found in $PATH: install procps');
  const child = Bun.spawnSync([program, ...(psOptions.length > 0 ? psOptions : ["-ef"])]);
  if (child.exitCode !== 0)
    throw systemError(`exit status ${child.exitCode}: ${child.stderr}${child.stdout}`);
  print(select(child.stdout.toString(), new Set(pids.map(String))));
  return 0;
}
