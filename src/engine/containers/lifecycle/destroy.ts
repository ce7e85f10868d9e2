import { conflict, isNotFound, messageOf, systemError } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { removeImageMounts } from "../image-mounts.ts";
import { removeFolder, saveContainer } from "../record.ts";

/** What goes with a removed container. */
export interface DestroyOptions {
  /** Anonymous volumes go too. */
  volumes?: boolean;
}

/** Removes a container that does not run and whose lock is held; what cannot be removed is left as "dead". */
export async function removeLocked(env: Env, container: Container, options: DestroyOptions): Promise<void> {
  const { state, id } = container;
  if (container.removed) return;
  if (state.isRunning) throw conflict(refusal(container));
  state.move("removing");
  try {
    await beginRemoval(env, container);
    await removeImageMounts(env, container);
    await removeFolder(container.folder);
  } catch (cause) {
    container.layerRemoval = undefined;
    state.move("dead");
    state.error = messageOf(cause);
    saveContainer(container);
    container.waiters.removalFailed({ exitCode: state.exitCode, error: state.error });
    throw systemError(
      `container ${id}: driver "${container.facts.driver}" failed to remove root filesystem: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
  await releaseVolumes(env, container, options.volumes === true);
  container.removed = true;
  env.store.remove(container);
  publish(env, container, "destroy");
  container.hub.end();
  container.waiters.removed({ exitCode: state.exitCode });
}

/** Removes the container's layer; removeLocked() does the rest, and tells of what went wrong here. */
export function beginRemoval(env: Env, container: Container): Promise<void> {
  container.layerRemoval ??= env.images.layers.releaseRWLayer(container.id).catch((error) => {
    if (!isNotFound(error)) throw error;
  });
  return container.layerRemoval;
}

/** Why a container in this state cannot be removed, for the user. */
export function refusal({ state, name }: Container): string {
  const why: Record<string, string> = {
    paused: "container is paused and must be unpaused first",
    running: "container is running: stop the container before removing or force remove",
    restarting: "container is restarting: stop the container before removing or force remove",
  };
  return `cannot remove container "/${name}": ${why[state.status]}`;
}

async function releaseVolumes(env: Env, container: Container, remove: boolean): Promise<void> {
  env.volumes.release(container.id);
  if (!remove) return;
  for (const point of Object.values(container.facts.mountPoints)) {
    // A named volume belongs to whoever named it.
    if (point.Type !== "volume" || point.Spec?.Source) continue;
    if (env.volumes.holders(point.Name).length > 0) continue;
    try {
      await env.volumes.remove(point.Name, true);
    } catch (error) {
      env.log.warn("anonymous volume could not be removed", { volume: point.Name, error: messageOf(error) });
    }
  }
}
