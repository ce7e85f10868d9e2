/** A command of a build, run in a container of its own. */
import { cancelled, EngineError, messageOf } from "../../../errors/errors.ts";
import type { Container } from "../../containers/container.ts";
import type { CreateBody } from "../../containers/create/request.ts";
import { removeContainer } from "../../containers/lifecycle/remove.ts";
import { startContainer } from "../../containers/lifecycle/start.ts";
import type { BuildEnv } from "../types.ts";

export interface BuildContainer {
  readonly id: string;
  /** Runs to the end. Errors: EngineError with data.code for an exit code other than 0; cancelled. */
  run(onOutput: (text: string, stream: "stdout" | "stderr") => void, signal: AbortSignal): Promise<void>;
  /** What it wrote, as a layer. */
  layer(): AsyncIterable<Uint8Array>;
  remove(): Promise<void>;
  /** It stays (--rm=false), and is a container like any other from now on. */
  keep(): void;
}

/** Makes the container, without starting it. Errors: as of create. */
export async function createBuildContainer(env: BuildEnv, body: CreateBody): Promise<BuildContainer> {
  const { containers, images } = env;
  const { running } = env;
  const { container } = await containers.create({ name: undefined, platform: "", body, atLeast: () => true });
  running.add(container.id);
  return {
    id: container.id,
    run: (onOutput, signal) => runToEnd(env, container, onOutput, signal),
    layer: () => images.layers.getRWLayer(container.id).tarStream(),
    async remove() {
      await removeContainer(containers.env, container, { force: true, volumes: true });
      running.delete(container.id);
    },
    keep: () => running.delete(container.id),
  };
}

async function runToEnd(
  { containers }: BuildEnv,
  container: Container,
  onOutput: (text: string, stream: "stdout" | "stderr") => void,
  signal: AbortSignal,
): Promise<void> {
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const drained = new Promise<void>((resolve) => {
    container.hub.attach({
      write(stream, chunk) {
        onOutput(decoders[stream].decode(chunk, { stream: true }), stream);
      },
      end: resolve,
    });
  });
  const exit = container.waiters.exit(signal);
  exit.catch(() => {});
  await startContainer(containers.env, container);
  const { exitCode, error } = await exit.catch((cause) => {
    throw signal.aborted ? cancelled("Build cancelled", { cause }) : cause;
  });
  await drained;
  if (exitCode !== 0) throw commandFailed(container, exitCode, error);
}

function commandFailed({ config }: Container, code: number, error: string | undefined): EngineError {
  const command = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])].join(" ");
  const why = error ? `: ${messageOf(error)}` : "";
  return new EngineError(
    "invalidArgument",
    `The command '${command}' returned a non-zero code: ${code}${why}`,
    { data: { code } },
  );
}
