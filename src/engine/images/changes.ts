/** `docker import --change` and `docker commit --change`: Dockerfile instructions applied to a configuration. */
import { parseInstructions } from "../../dockerfile/parse.ts";
import type { Instruction } from "../../dockerfile/types.ts";
import { invalidArgument } from "../../errors/errors.ts";
import type { ContainerDefaults } from "../../images/types.ts";
import { BuildArgs } from "../build/stage/args.ts";
import type { SettingContext } from "../build/steps/context.ts";
import { changeConfig } from "../build/steps/settings.ts";
import { changeFolder } from "../build/steps/workdir.ts";

/** As today's stock; 20.10 has no STOPSIGNAL here. */
const ALLOWED = [
  "CMD",
  "ENTRYPOINT",
  "ENV",
  "EXPOSE",
  "HEALTHCHECK",
  "LABEL",
  "ONBUILD",
  "STOPSIGNAL",
  "USER",
  "VOLUME",
  "WORKDIR",
];

/** Changes the configuration; nothing is in force but what it says itself. Errors: invalidArgument. */
export function applyChanges(config: ContainerDefaults, changes: string[]): void {
  if (changes.length === 0) return;
  const { instructions, escape: escapeChar } = parseInstructions(changes.join("\n"), refuseOthers);
  const state = { config, args: new BuildArgs(new Map(), new Map()), commandSet: false, author: "" };
  for (const instruction of instructions) {
    apply({ state, escape: escapeChar, line: instruction.first, out: { text() {} }, warn() {} }, instruction);
    if (instruction.kind === "CMD") state.commandSet = true;
  }
}

function refuseOthers(keyword: string): void {
  if (!ALLOWED.includes(keyword))
    throw invalidArgument(`${keyword.toLowerCase()} is not a valid change command`);
}

function apply(context: SettingContext, one: Instruction): void {
  if (one.kind === "WORKDIR") changeFolder(context, one);
  else if (one.kind !== "RUN" && one.kind !== "COPY" && one.kind !== "ADD") changeConfig(context, one);
}
