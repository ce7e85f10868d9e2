/** --systemd-cgroup: the container's cgroup is a transient scope that systemd makes, and ends. */
import { systemError } from "../errors/errors.ts";
import { type Cgroup, createCgroup } from "../linux/cgroup/cgroup.ts";
import { cgroupLayout } from "../linux/cgroup/layout.ts";
import { closeFd, O_RDWR, openFd } from "../linux/fd.ts";
import { kill } from "../linux/kill.ts";
import { pathExists } from "../linux/path-exists.ts";
import { spawn } from "../linux/spawn.ts";
import type { ManagerKind } from "../linux/systemd/manager.ts";
import { unitProperties } from "../linux/systemd/properties.ts";
import { parseScopeName, type ScopeName, sliceFolder, startScope } from "../linux/systemd/scope.ts";
import { waitFor } from "../linux/wait.ts";
import type { LinuxResources, Spec } from "../oci/runtime-spec.ts";
import { isRootless } from "./host.ts";
import type { ContainerRecord } from "./state/store.ts";

const SIGKILL = 9;
const SYSTEMD_RUNS = "/run/systemd/system";
/** Longer than a creation takes; should docker-runc be killed in it, the placeholder ends by itself. */
const PLACEHOLDER_SECONDS = "60";

export interface Scope {
  unit: string;
  cgroup: Cgroup;
  /** Ends the placeholder, once the container is in the scope or never will be. */
  release(): void;
}

const isUnified = () => cgroupLayout().mode === "v2";

/** Whose systemd has the container's unit: the machine's, or without root the user's. */
const managerKind = (): ManagerKind => (isRootless() ? "user" : "system");

/** `above`: the cgroup of the manager. */
function foldersOf({ slice, unit }: ScopeName, above: string): Cgroup {
  return cgroupLayout().hierarchies.map(({ version, controllers, mountpoint }) => ({
    version,
    controllers,
    path: [`${mountpoint}${above}`, sliceFolder(slice), unit].filter(Boolean).join("/"),
  }));
}

/** A process that sleeps: systemd makes no scope without one, and the container's exists only later. */
function spawnPlaceholder(): number {
  const none = openFd("/dev/null", O_RDWR);
  try {
    return spawn({
      path: "/bin/sleep",
      argv: ["docker-runc-scope", PLACEHOLDER_SECONDS],
      env: [],
      fds: [none, none, none],
    });
  } finally {
    closeFd(none);
  }
}

/** Makes the scope that linux.cgroupsPath names, "slice:prefix:name". Errors: invalidArgument, system, unavailable. */
async function openScope(id: string, spec: Spec): Promise<Scope> {
  const kind = managerKind();
  if (kind === "user" && !isUnified())
    throw systemError(
      "--systemd-cgroup without root needs cgroup v2 alone: leave it out, or run docker-runc as root",
    );
  if (!pathExists(SYSTEMD_RUNS))
    throw systemError(
      "systemd not running on this host, cannot use systemd cgroups manager: leave --systemd-cgroup out",
    );
  const name = parseScopeName(spec.linux?.cgroupsPath ?? "", id, kind);
  const asked = spec.annotations
    ? (await import("./unit-annotations.ts")).unitAnnotations(spec.annotations)
    : [];
  const placeholder = spawnPlaceholder();
  const release = () => {
    kill(placeholder, SIGKILL);
    waitFor(placeholder);
  };
  try {
    const properties = [...asked, ...unitProperties(spec.linux?.resources ?? {}, isUnified())];
    const description = `docker-runc container ${id}`;
    const above = await startScope({ name, description, pids: [placeholder], properties }, kind);
    const cgroup = foldersOf(name, above);
    // Hierarchies that systemd leaves alone, and controllers that it did not switch on.
    createCgroup(cgroup);
    return { unit: name.unit, cgroup, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Makes the scope of a container, and notes it in the record. */
export async function openScopeFor(record: ContainerRecord): Promise<Scope> {
  const scope = await openScope(record.id, record.spec);
  record.unit = scope.unit;
  record.cgroup = scope.cgroup;
  return scope;
}

/** Tells systemd of changed limits. */
export async function updateScope(unit: string, resources: LinuxResources): Promise<void> {
  const { setScopeProperties } = await import("../linux/systemd/scope.ts");
  await setScopeProperties(unit, unitProperties(resources, isUnified()), managerKind());
}
