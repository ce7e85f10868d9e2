/** Gathers what the compiler is told. */
import { invalidArgument } from "../errors/errors.ts";
import { type Cgroup, locateCgroup } from "../linux/cgroup/cgroup.ts";
import { cgroupLayout } from "../linux/cgroup/layout.ts";
import { readSmallFile } from "../linux/fd.ts";
import { realPath } from "../linux/folder.ts";
import { pathExists } from "../linux/path-exists.ts";
import { cachedSeccomp, seccompDigest } from "../linux/seccomp/cache.ts";
import { SECCOMP_FLAGS } from "../linux/seccomp/flags.ts";
import type { LinuxSeccomp, Spec } from "../oci/runtime-spec.ts";
import { rootPathOf, rootPropagation } from "./compile/container.ts";
import type { Facts } from "./compile/facts.ts";
import { appArmorEnabled, isRootless, knownCapabilities, selinuxEnabled } from "./host.ts";
import type { ContainerRecord } from "./state/store.ts";

const MS_SLAVE = 1 << 19;
const MS_PRIVATE = 1 << 18;
const DEFAULT_UMASK = 0o022;

const SPEC_ALLOW = 4;
const NEW_LISTENER = 8;

async function compiled(
  profile: LinuxSeccomp,
  folder: string | undefined,
  digest: string | undefined,
): Promise<Uint8Array> {
  if (folder !== undefined)
    return cachedSeccomp(() => profile, folder, digest ?? seccompDigest(profile, JSON.stringify(profile)));
  return (await import("../linux/seccomp/compile.ts")).compileSeccomp(profile);
}

/**
 * The compiled profile with its flags; undefined where there is none. `folder` holds compiled ones, if given, by `digest`.
 */
async function seccompFacts(
  profile: LinuxSeccomp | undefined,
  folder: string | undefined,
  digest?: string,
): Promise<Facts["seccomp"]> {
  if (!profile) return undefined;
  let listener = false;
  for (const { action, names } of profile.syscalls ?? []) {
    if (action !== "SCMP_ACT_NOTIFY") continue;
    listener = true;
    // docker-runc passes the descriptor on by write(2), which would then wait for the agent.
    if (names?.includes("write"))
      throw invalidArgument("linux.seccomp: SCMP_ACT_NOTIFY cannot be used for the write syscall");
  }
  if (profile.defaultAction === "SCMP_ACT_NOTIFY")
    throw invalidArgument("linux.seccomp: SCMP_ACT_NOTIFY cannot be used as default action");
  let flags = listener ? NEW_LISTENER : 0;
  if (!profile.flags) flags |= SPEC_ALLOW;
  for (const name of profile.flags ?? []) {
    const flag = Object.hasOwn(SECCOMP_FLAGS, name) ? SECCOMP_FLAGS[name] : undefined;
    if (flag === undefined)
      throw invalidArgument(`linux.seccomp.flags: unknown flag ${JSON.stringify(name)}`);
    // Init has one thread, so that there is nothing to synchronise; and beside a listener the kernel refuses the flag.
    if (flag !== SECCOMP_FLAGS["SECCOMP_FILTER_FLAG_TSYNC"]) flags |= flag;
  }
  if (listener && !profile.listenerPath)
    throw invalidArgument("linux.seccomp: SCMP_ACT_NOTIFY needs a listenerPath");
  return { program: await compiled(profile, folder, digest), flags, listener };
}

/** The mount point that a path is on. */
function mountPointOf(path: string): string {
  const real = realPath(path);
  const points = readSmallFile("/proc/self/mountinfo")
    .trimEnd()
    .split("\n")
    .map((line) =>
      line.split(" ")[4]!.replace(/\\(\d{3})/g, (_, o: string) => String.fromCharCode(Number.parseInt(o, 8))),
    );
  return points
    .filter((point) => point === "/" || real === point || real.startsWith(`${point}/`))
    .reduce((a, b) => (b.length >= a.length ? b : a), "/");
}

/** Without root there is no cgroup to write to but one that was delegated; then the container gets none. */
function cgroupFor(spec: Spec, id: string, rootless: boolean): Cgroup {
  if (rootless && !spec.linux?.cgroupsPath) return [];
  return locateCgroup(spec.linux?.cgroupsPath || id);
}

export interface FactOptions {
  bundle: string;
  /** Where compiled profiles are kept; undefined: nowhere. */
  seccompFolder: string | undefined;
  seccompDigest?: string;
  fds: Facts["fds"];
  consoleFd?: number;
  pidFile?: string;
  preserveFds: number;
  noPivot: boolean;
  noNewKeyring: boolean;
  /** The cgroup, if somebody else has made it already. */
  cgroup?: Cgroup;
  /** Default: as this process is. */
  rootless?: boolean;
}

/** What a plan depends on beside config.json. Errors: of cgroups, seccomp and resctrl. */
export async function gatherFacts(id: string, spec: Spec, options: FactOptions): Promise<Facts> {
  const rootless = options.rootless ?? isRootless();
  const propagation = rootPropagation(spec);
  const shared = propagation !== undefined && (propagation & (MS_SLAVE | MS_PRIVATE)) === 0;
  const seccomp = await seccompFacts(spec.linux?.seccomp, options.seccompFolder, options.seccompDigest);
  const rdt = spec.linux?.intelRdt;
  return {
    id,
    bundle: options.bundle,
    ...(rdt ? { rdt: (await import("./intel-rdt.ts")).rdtGroupOf(id, rdt) } : {}),
    cgroup: options.cgroup ?? cgroupFor(spec, id, rootless),
    hierarchies: cgroupLayout().hierarchies,
    ...(seccomp ? { seccomp } : {}),
    fds: options.fds,
    plainConsole: options.consoleFd !== undefined,
    pidFile: options.pidFile !== undefined,
    preserveFds: options.preserveFds,
    noPivot: options.noPivot,
    noNewKeyring: options.noNewKeyring,
    knownCapabilities: knownCapabilities(),
    appArmor: appArmorEnabled(),
    selinux: Boolean(spec.process?.selinuxLabel || spec.linux?.mountLabel) && selinuxEnabled(),
    kcore: pathExists("/proc/kcore"),
    ...(shared ? { rootMountPoint: mountPointOf(rootPathOf(spec, options.bundle)) } : {}),
    rootless,
    umask: DEFAULT_UMASK,
  };
}

/** The filter of a container, as it was compiled when it was made. */
async function keptSeccomp({ seccomp, spec }: ContainerRecord, folder: string | undefined) {
  if (seccomp === undefined || folder === undefined) return seccompFacts(spec.linux?.seccomp, folder);
  const { text, digest, flags, listener } = seccomp;
  return {
    program: await cachedSeccomp(() => JSON.parse(text) as LinuxSeccomp, folder, digest),
    flags,
    listener,
  };
}

/** Facts for a further process in a container. */
export async function gatherExecFacts(
  record: ContainerRecord,
  options: Pick<FactOptions, "seccompFolder" | "fds" | "consoleFd" | "pidFile" | "preserveFds"> & {
    cgroup: Cgroup;
    /** Whether the process has a label of SELinux. */
    labelled: boolean;
  },
): Promise<Facts> {
  const seccomp = await keptSeccomp(record, options.seccompFolder);
  return {
    id: record.id,
    bundle: record.bundle,
    cgroup: options.cgroup,
    hierarchies: [],
    ...(record.rdt ? { rdt: record.rdt } : {}),
    ...(seccomp ? { seccomp } : {}),
    fds: options.fds,
    plainConsole: options.consoleFd !== undefined,
    pidFile: options.pidFile !== undefined,
    preserveFds: options.preserveFds,
    noPivot: false,
    noNewKeyring: record.noNewKeyring ?? false,
    knownCapabilities: knownCapabilities(),
    appArmor: appArmorEnabled(),
    selinux: options.labelled && selinuxEnabled(),
    kcore: false,
    rootless: isRootless(),
    umask: DEFAULT_UMASK,
  };
}
