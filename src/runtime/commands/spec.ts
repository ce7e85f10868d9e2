import { invalidArgument, messageOf } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { parseFlags } from "../../flags/flags.ts";
import { cgroupLayout } from "../../linux/cgroup/layout.ts";
import { pathExists } from "../../linux/path-exists.ts";
import { exampleSpec, rootlessSpec } from "../example-spec.ts";
import { noArguments } from "./arguments.ts";
import type { Context } from "./context.ts";

export const FLAGS = {
  bundle: { kind: "string", short: "b", help: "Folder to write config.json to", value: "PATH" },
  rootless: { kind: "bool", help: "For a user other than root" },
} as const;

export async function run(_: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  noArguments("spec", rest);
  const folder = values.bundle ?? ".";
  if (!pathExists(folder)) throw invalidArgument(`chdir ${folder}: no such file or directory`);
  const path = `${folder}/config.json`;
  if (pathExists(path)) throw invalidArgument("File config.json exists. Remove it first");
  const v2 = cgroupLayout().mode === "v2";
  const spec = values.rootless
    ? rootlessSpec(process.geteuid?.() ?? 0, process.getegid?.() ?? 0, v2)
    : exampleSpec(v2);
  try {
    writeAtomic(path, `${JSON.stringify(spec, null, "\t")}\n`, { mode: 0o666 });
  } catch (error) {
    throw invalidArgument(`write ${path}: ${messageOf(error)}`, { cause: error });
  }
  return 0;
}
