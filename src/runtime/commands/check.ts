import { invalidArgument } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { realPath } from "../../linux/folder.ts";
import { pathExists } from "../../linux/path-exists.ts";
import { checkBundle } from "../check/check.ts";
import { print } from "../print.ts";
import type { Context } from "./context.ts";

export const FLAGS = { json: { kind: "bool", help: "As JSON" } } as const;

/** Exit code 1 when there are problems. */
export async function run(_: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  const [given = "."] = rest;
  if (rest.length > 1) throw invalidArgument("docker-runc check: want one bundle");
  if (!pathExists(given)) throw invalidArgument(`bundle ${given} does not exist`);
  const problems = await checkBundle(realPath(given));
  if (values.json) print(`${JSON.stringify(problems, null, 2)}\n`);
  else {
    for (const { pointer, problem, cure } of problems) print(`${pointer || "/"}: ${problem}: ${cure}\n`);
    const count = problems.length;
    print(count === 0 ? "no problems\n" : `${count} problem${count === 1 ? "" : "s"}\n`);
  }
  return problems.length === 0 ? 0 : 1;
}
