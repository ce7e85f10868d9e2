import { invalidArgument } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { realPath } from "../../linux/folder.ts";
import { pathExists } from "../../linux/path-exists.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import { compileContainer } from "../compile/container.ts";
import { gatherFacts } from "../facts.ts";
import { describePlan, jsonOp } from "../plan/describe.ts";
import type { Plan } from "../plan/ops.ts";
import { print } from "../print.ts";
import { readSpec } from "../read-spec.ts";
import type { Context } from "./context.ts";

export const FLAGS = {
  json: { kind: "bool", help: "As JSON" },
  id: { kind: "string", help: "Id of the container to be", value: "ID", fallback: "ID" },
} as const;

/** The plan that `create` would execute. Needs no rights: it looks at what everybody may see. */
async function planOf(bundle: string, id: string, spec: Spec): Promise<Plan> {
  const terminal = spec.process?.terminal ?? false;
  const facts = await gatherFacts(id, spec, {
    bundle,
    seccompFolder: undefined,
    fds: terminal ? { console: 3, fifo: 4 } : { fifo: 3 },
    preserveFds: 0,
    noPivot: false,
    noNewKeyring: false,
    rootless: spec.linux?.uidMappings !== undefined && process.geteuid?.() !== 0,
  });
  return compileContainer(spec, facts, true);
}

export async function run(_: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  const [given = "."] = rest;
  if (rest.length > 1) throw invalidArgument("docker-runc plan: want one bundle");
  if (!pathExists(given)) throw invalidArgument(`bundle ${given} does not exist`);
  const bundle = realPath(given);
  const plan = await planOf(bundle, values.id ?? "ID", readSpec(bundle));
  if (values.json) print(`${JSON.stringify(plan.map(jsonOp), null, 2)}\n`);
  else print(describePlan(plan));
  return 0;
}
