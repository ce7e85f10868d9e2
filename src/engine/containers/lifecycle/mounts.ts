import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf, invalidArgument } from "../../../errors/errors.ts";
import { hostRoot } from "../../../linux/id-map.ts";
import { MNT, mount, unmount } from "../../../linux/mount.ts";
import type { Mount } from "../../../oci/runtime-spec.ts";
import type { Container, MountPoint } from "../container.ts";
import { containerOf } from "../create/modes.ts";
import { makeBindSource } from "../create/volumes.ts";
import type { Env } from "../env.ts";
import { imageMountLayer } from "../image-mounts.ts";
import { type ReadyMount, tmpfsOptions } from "../spec/mounts.ts";
import { idsOf, letRootPass } from "../userns.ts";
import { sharedContainer } from "./namespaces.ts";
import { checkPropagation } from "./propagation.ts";
import type { Rollback } from "./rollback.ts";
import { bindInside, releaseSubMounts } from "./sub-mounts.ts";

/** Makes ready whatever the user has mounted into the container. */
export async function userMounts(env: Env, container: Container, rollback: Rollback): Promise<ReadyMount[]> {
  const ready: ReadyMount[] = [];
  rollback.add(() => releaseSubMounts(container));
  for (const point of Object.values(container.facts.mountPoints)) {
    ready.push(await readyMount(env, container, point, rollback));
  }
  for (const [destination, options] of Object.entries(container.hostConfig.Tmpfs ?? {})) {
    ready.push({ source: "tmpfs", destination, writable: true, tmpfs: tmpfsOptions(options) });
  }
  return ready;
}

async function readyMount(
  env: Env,
  container: Container,
  point: MountPoint,
  rollback: Rollback,
): Promise<ReadyMount> {
  const common = { destination: point.Destination, writable: point.RW };
  switch (point.Type) {
    case "tmpfs":
      return { ...common, source: "tmpfs", tmpfs: tmpfsOptions(tmpfsText(point)) };
    case "volume": {
      const source = await env.volumes.mount(point.Name, container.id);
      rollback.add(() => unmountVolume(env, container, point));
      env.events.publish("volume", "mount", point.Name, {
        driver: point.Driver,
        container: container.id,
        destination: point.Destination,
        "read/write": String(point.RW),
        propagation: point.Propagation,
      });
      const subpath = point.Spec.VolumeOptions?.Subpath;
      const from = subpath ? bindInside(container, source, subpath) : source;
      return { ...common, source: from, propagation: point.Propagation || "rprivate" };
    }
    case "image": {
      const layer = imageMountLayer(env, container, point);
      const source = await layer.mount();
      rollback.add(() => layer.unmount());
      const subpath = point.Spec.ImageOptions?.Subpath;
      const from = subpath ? bindInside(container, source, subpath) : source;
      return { ...common, source: from, propagation: "rprivate" };
    }
    default: {
      makeBindSource(env, point);
      checkPropagation(point.Source, point.Propagation, env.config.dataRoot);
      const options = point.Spec.BindOptions;
      return {
        ...common,
        source: point.Source,
        propagation: point.Propagation,
        nonRecursive: options?.NonRecursive === true,
        recursiveReadonly: options?.ReadOnlyForceRecursive === true,
      };
    }
  }
}

/** Ends one run's use of a volume. What a daemon before this one has told of that is not told again. */
export async function unmountVolume(env: Env, container: Container, point: MountPoint): Promise<void> {
  await env.volumes.unmount(point.Name, container.id);
  const { journal } = env.events;
  if (journal && !journal.known.get(container.id)?.volumes?.[point.Name]) return;
  env.events.publish("volume", "unmount", point.Name, { container: container.id, driver: point.Driver });
}

function tmpfsText({ RW, Spec }: MountPoint): string {
  const { SizeBytes, Mode, Options } = Spec.TmpfsOptions ?? {};
  const words = RW ? [] : ["ro"];
  if (SizeBytes) words.push(`size=${SizeBytes}`);
  if (Mode) words.push(`mode=${Mode.toString(8)}`);
  for (const pair of Options ?? []) words.push(pair.join("="));
  return words.join(",");
}

/** Files that the engine writes for the container, and docker-init. */
export function engineMounts(env: Env, container: Container, files: Container, init: boolean): ReadyMount[] {
  const writable = container.hostConfig.ReadonlyRootfs !== true;
  const taken = container.facts.mountPoints;
  const mounts: ReadyMount[] = [];
  if (container.config.NetworkDisabled !== true) {
    mounts.push(
      { source: files.resolvConfPath, destination: "/etc/resolv.conf", writable },
      { source: files.hostnamePath, destination: "/etc/hostname", writable },
      { source: files.hostsPath, destination: "/etc/hosts", writable },
    );
  }
  if (init) mounts.push({ source: env.initPath, destination: "/sbin/docker-init", writable: false });
  return mounts.filter(({ destination }) => !Object.hasOwn(taken, destination));
}

/** /dev/shm for the container's ipc mode. A shareable one lives on the host, so that others can mount it too. */
export function shmMount(env: Env, container: Container, rollback: Rollback): Mount | undefined {
  const { IpcMode = "", ShmSize = env.config.defaultShmSize } = container.hostConfig;
  const bind = (source: string): Mount => ({
    destination: "/dev/shm",
    type: "bind",
    source,
    options: ["rbind", "rprivate"],
  });
  const other = containerOf(IpcMode);
  if (other !== undefined) return bind(sharedMemory(env, other));
  switch (IpcMode) {
    case "host":
      return bind("/dev/shm");
    case "none":
      return undefined;
    case "shareable":
      mountShm(env, container, ShmSize, rollback);
      return bind(container.shmPath);
    default: {
      const options = ["nosuid", "noexec", "nodev", "mode=1777", `size=${ShmSize}`];
      return { destination: "/dev/shm", type: "tmpfs", source: "shm", options };
    }
  }
}

/** The /dev/shm of the container whose ipc namespace is joined. Errors: notFound, conflict, invalidArgument. */
function sharedMemory(env: Env, reference: string): string {
  const other = sharedContainer(env, reference, "IPC");
  switch (other.hostConfig.IpcMode) {
    case "shareable":
      return other.shmPath;
    case "host":
      return "/dev/shm";
    default:
      throw invalidArgument(
        `can't join IPC of container ${other.id}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)`,
      );
  }
}

function mountShm(env: Env, container: Container, size: number, rollback: Rollback): void {
  const { shmPath } = container;
  const { uid, gid } = hostRoot(idsOf(env));
  mkdirSync(shmPath, { recursive: true, mode: 0o700 });
  letRootPass(env, dirname(shmPath));
  const NOSUID_NODEV_NOEXEC = 14;
  mount("shm", shmPath, "tmpfs", NOSUID_NODEV_NOEXEC, `mode=1777,size=${size},uid=${uid},gid=${gid}`);
  rollback.add(() => unmountShm(container));
}

/** Takes the container's own /dev/shm away, if there is one. */
export function unmountShm(container: Container): void {
  try {
    unmount(container.shmPath, MNT.DETACH);
  } catch (error) {
    if (!["EINVAL", "ENOENT"].includes(errnoOf(error) ?? "")) throw error;
  }
}
