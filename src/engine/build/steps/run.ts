import { contentOf } from "../../../dockerfile/heredoc.ts";
import type { Of } from "../../../dockerfile/types.ts";
import { forbidden } from "../../../errors/errors.ts";
import type { ContainerDefaults } from "../../../images/types.ts";
import type { CreateBody } from "../../containers/create/request.ts";
import { platformOf } from "../platform.ts";
import { createBuildContainer } from "../run/container.ts";
import { requireRunnable } from "../run/emulation.ts";
import { prepareMounts, type RunMounts } from "../run/mounts.ts";
import { withoutPaths } from "../run/without-paths.ts";
import { commitStep } from "../stage/commit.ts";
import { shellOf } from "../stage/config.ts";
import { type StepContext, useCache } from "./context.ts";

/** RUN. Errors: EngineError with data.code for a command that failed; those of containers; cancelled. */
export async function applyRun(context: StepContext, run: Of<"RUN">): Promise<void> {
  const { state, request } = context;
  if (run.security === "insecure" && !request.insecure)
    throw forbidden("security.insecure is not allowed: build with --allow security.insecure");
  if (state.image) requireRunnable(platformOf(state.image));
  const { command, script } = commandOf(context, run);
  const args = state.args.besides(state.config.Env ?? []);
  const mounts = await prepareMounts(context, run, script);
  try {
    const step: ContainerDefaults = {
      ...structuredClone(state.config),
      Cmd: withArgs(context, args, command),
      Entrypoint: null,
      ...(mounts.key === "" ? {} : { BuildKey: mounts.key }),
    };
    if (await useCache(context, step)) return;
    await mounts.open();
    await runAndCommit(context, bodyOf(context, run, mounts, command, args), step, mounts);
  } finally {
    await mounts.close();
  }
}

/** The command, and the script that goes into a file, if it begins with "#!". */
function commandOf(
  { state }: StepContext,
  { command, heredocs }: Of<"RUN">,
): { command: string[]; script: { name: string; content: string } | undefined } {
  if (!command.shell) return { command: command.words, script: undefined };
  const shell = [...shellOf(state.config)];
  const text = command.words[0]!;
  const first = heredocs[0];
  if (!first) return { command: [...shell, text], script: undefined };
  const alone = heredocs.length === 1 && /^\d*<<-?\S+$/.test(text.trim());
  if (!alone) {
    const whole = heredocs.map(({ content, name }) => `\n${content}${name}`).join("");
    return { command: [...shell, `${text}${whole}\n`], script: undefined };
  }
  const content = contentOf(first);
  if (!content.startsWith("#!")) return { command: [...shell, content], script: undefined };
  return { command: [`/dev/pipes/${first.name}`], script: { name: first.name, content } };
}

/** "|2 A=1 B=2 /bin/sh -c ...": arguments count for the cache, though they are no part of the image. */
function withArgs({ state }: StepContext, args: string[], command: string[]): string[] {
  if (args.length === 0) return command;
  const visible = args.filter((entry) => state.args.isVisible(entry.split("=")[0]!)).sort();
  return [`|${visible.length}`, ...visible, ...command];
}

function bodyOf(
  { state, request }: StepContext,
  run: Of<"RUN">,
  mounts: RunMounts,
  command: string[],
  args: string[],
): CreateBody {
  const { BuildKey: _, ...config } = structuredClone(state.config);
  const HostConfig = {
    ...request.host,
    LogConfig: { Type: "none" as const, Config: {} },
    ...(run.network === "default" ? {} : { NetworkMode: run.network }),
    ...(run.security === "insecure" ? { Privileged: true } : {}),
    ...mounts.hostConfig(),
  };
  return {
    ...(config as CreateBody),
    Image: state.imageID,
    Cmd: command,
    Entrypoint: [""],
    Env: [...(config.Env ?? []), ...args, ...mounts.env()],
    Healthcheck: { Test: ["NONE"] },
    HostConfig,
  };
}

async function runAndCommit(
  { env, state, request, committer, out }: StepContext,
  body: CreateBody,
  step: ContainerDefaults,
  mounts: RunMounts,
): Promise<void> {
  const container = await createBuildContainer(env, body);
  let failed = true;
  try {
    out.text(` ---> Running in ${container.id.slice(0, 12)}\n`);
    await container.run((text, stream) => out.text(text, stream), request.signal);
    const layer = withoutPaths(container.layer(), mounts.madeTargets);
    await commitStep(committer, state, { containerConfig: step, containerID: container.id, layer });
    failed = false;
  } finally {
    // As stock: that of a command that failed is there to be looked at, unless --force-rm says otherwise.
    const keep = !request.forceRm && !request.signal.aborted && (failed || !request.rm);
    if (keep) container.keep();
    else {
      await container.remove();
      if (!failed || request.forceRm)
        out.text(`Removing intermediate container ${container.id.slice(0, 12)}\n`);
    }
  }
}
