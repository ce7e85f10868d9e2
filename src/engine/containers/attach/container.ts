import { conflict } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { chunkOf } from "../io/log-chunk.ts";
import { readContainerLog } from "../lifecycle/log.ts";
import { type AttachOptions, attach, type Connection, send } from "./pump.ts";

export interface ContainerAttachOptions extends AttachOptions {
  /** First what has been printed so far. */
  logs: boolean;
  /** Then what is being printed. */
  stream: boolean;
}

/** Errors: conflict, while the container is paused or waits to be restarted. */
export function checkAttachable({ state, id }: Container): void {
  if (state.status === "paused")
    throw conflict(`container ${id} is paused, unpause the container before attach`);
  if (state.status === "restarting") {
    throw conflict(`container ${id} is restarting, wait until the container is running`);
  }
}

/** Serves one attached client to its end. */
export async function attachContainer(
  env: Env,
  container: Container,
  connection: Connection,
  options: ContainerAttachOptions,
): Promise<void> {
  if (options.logs) await replay(container, connection, options);
  if (!options.stream) {
    connection.socket.end();
    return;
  }
  const { config } = container;
  const target = {
    stdin: async (signal: AbortSignal) => (await container.whenRun(signal))?.io.stdin,
    ended: async () => {
      if (config.StdinOnce && !config.Tty) await closeStdin(env, container);
    },
  };
  const { done } = attach(connection, container.hub, target, {
    ...options,
    stdin: options.stdin && config.OpenStdin === true,
  });
  publish(env, container, "attach");
  const how = await done;
  if (how === "detached") publish(env, container, "detach");
  // An input that is there for one client only ends with that client.
  if (how === "gone" && options.stdin && config.StdinOnce && !config.Tty) await closeStdin(env, container);
}

async function closeStdin(env: Env, container: Container): Promise<void> {
  const stdin = container.run?.io.stdin;
  if (!stdin) return;
  await stdin.close();
  await env.containerd.closeStdin(container.id, "").catch(() => {});
}

async function replay(container: Container, { socket }: Connection, options: AttachOptions): Promise<void> {
  const read = { follow: false, tail: -1, since: 0n, until: 0n, signal: new AbortController().signal };
  const batches = await readContainerLog(container, read);
  if (!batches) return;
  for await (const batch of batches) {
    const entries = batch.filter(({ stream }) => (stream === "stdout" ? options.stdout : options.stderr));
    const chunk = chunkOf(entries, { framed: !options.terminal, prefix: undefined });
    if (chunk.length > 0) await send(socket, chunk);
  }
}
