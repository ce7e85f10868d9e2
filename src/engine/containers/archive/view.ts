import { posix } from "node:path";
import { closeFd } from "../../../linux/fd.ts";
import { openRoot } from "../../../linux/openat2.ts";
import type { Container, MountPoint } from "../container.ts";
import type { Env } from "../env.ts";
import { makeWorkingDir } from "../rootfs/working-dir.ts";
import { idsOf } from "../userns.ts";

/** A container's files as one root: everything below it must be reached through openat2 with this root. */
export interface View {
  /** O_PATH descriptor of what is "/" for `path`. */
  root: number;
  /** The path that was asked for, below that root. */
  path: string;
  /** Whether the path is in a mount. */
  mounted: boolean;
  /** False for a mount that the container may only read. */
  writable: boolean;
  close(): Promise<void>;
}

/**
 * Opens the files that a path belongs to. A running container is looked at through its own mount namespace, so that
 * all its mounts are seen; of one that does not run, the volume that the path is in, or its root file system.
 */
export async function openView(env: Env, container: Container, path: string): Promise<View> {
  const clean = posix.resolve("/", path);
  const point = mountAt(container, clean);
  const writable = point ? point.RW : container.hostConfig.ReadonlyRootfs !== true;
  if (container.state.hasTask) {
    const root = openRoot(`/proc/${container.state.pid}/root`);
    return { root, path: clean, mounted: point !== undefined, writable, close: async () => closeFd(root) };
  }
  return point && point.Type !== "tmpfs"
    ? mountView(env, container, point, clean, writable)
    : layerView(env, container, clean, writable);
}

/** The mount that a path is in, as far as names tell. */
function mountAt(container: Container, path: string): MountPoint | undefined {
  return Object.values(container.facts.mountPoints)
    .filter(({ Destination }) => path === Destination || path.startsWith(`${Destination}/`))
    .sort((a, b) => b.Destination.length - a.Destination.length)[0];
}

async function mountView(
  env: Env,
  container: Container,
  point: MountPoint,
  path: string,
  writable: boolean,
): Promise<View> {
  const volume = point.Type === "volume";
  const source = volume ? await env.volumes.mount(point.Name, container.id) : point.Source;
  const release = async () => {
    if (volume) await env.volumes.unmount(point.Name, container.id);
  };
  try {
    const root = openRoot(source);
    return {
      root,
      path: path.slice(point.Destination.length) || "/",
      mounted: true,
      writable,
      async close() {
        closeFd(root);
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function layerView(env: Env, container: Container, path: string, writable: boolean): Promise<View> {
  const layer = env.images.layers.getRWLayer(container.id);
  const folder = await layer.mount();
  try {
    // Of a container that has never been started, too, a file may be put where it is to work.
    makeWorkingDir(folder, container.config.WorkingDir ?? "", idsOf(env));
    const root = openRoot(folder);
    return {
      root,
      path,
      mounted: false,
      writable,
      async close() {
        closeFd(root);
        await layer.unmount();
      },
    };
  } catch (error) {
    await layer.unmount();
    throw error;
  }
}
