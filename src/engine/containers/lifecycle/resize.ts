import { conflict } from "../../../errors/errors.ts";
import type { TerminalSize } from "../../containerd/client.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";

/** Errors: conflict unless it runs. */
export async function resizeContainer(env: Env, container: Container, size: TerminalSize): Promise<void> {
  if (!container.state.hasTask) throw conflict(`container ${container.id} is not running`);
  // A terminal of no size is what a client sends that does not know its own.
  if (size.width === 0 || size.height === 0) return;
  await env.containerd.resize(container.id, "", size);
  publish(env, container, "resize", { height: String(size.height), width: String(size.width) });
}
