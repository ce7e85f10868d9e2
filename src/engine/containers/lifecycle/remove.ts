import { conflict } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { type DestroyOptions, refusal, removeLocked } from "./destroy.ts";
import { killAndWait } from "./kill.ts";

export interface RemoveOptions extends DestroyOptions {
  /** Kill it first if it runs. */
  force?: boolean;
}

/** Errors: conflict while it runs, or while somebody else removes it. */
export async function removeContainer(env: Env, container: Container, options: RemoveOptions): Promise<void> {
  const { state, id } = container;
  if (state.status === "removing") throw conflict(`removal of container ${id} is already in progress`);
  // One that is just ending, as `docker logs -f` has told, is let end.
  if (state.isRunning && !options.force) await container.lock.run(async () => {});
  if (state.isRunning) {
    if (!options.force) throw conflict(refusal(container));
    container.facts.manuallyStopped = true;
    await killAndWait(env, container);
  }
  await container.lock.run(async () => {
    // --rm may have been faster.
    if (container.removed) return;
    await removeLocked(env, container, options);
  });
}
