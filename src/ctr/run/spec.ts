/** The runtime specification of `run`: an ordinary container, isolated but for what the flags say. */
import { join } from "node:path";
import { invalidArgument } from "../../errors/errors.ts";
import type { Mount, Spec, User } from "../../oci/runtime-spec.ts";

export interface SpecOptions {
  id: string;
  namespace: string;
  rootfs: string;
  args: string[];
  env: string[];
  cwd: string;
  user: string;
  terminal: boolean;
  readonly: boolean;
  hostNetwork: boolean;
  privileged: boolean;
  capabilities: readonly string[];
  mounts: string[];
  memory: number | undefined;
}

export const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export const DEFAULT_CAPABILITIES = [
  ...["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID"],
  ...["CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL"],
  "CAP_AUDIT_WRITE",
];

const MASKED = [
  ...["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list"],
  ...["/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
];
const READONLY = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

const mountOf = (destination: string, type: string, source: string, ...options: string[]): Mount => ({
  destination,
  type,
  source,
  options,
});

function systemMounts({ privileged }: SpecOptions): Mount[] {
  const access = privileged ? "rw" : "ro";
  return [
    mountOf("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
    mountOf("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
    mountOf(
      "/dev/pts",
      "devpts",
      "devpts",
      "nosuid",
      "noexec",
      "newinstance",
      "ptmxmode=0666",
      "mode=0620",
      "gid=5",
    ),
    mountOf("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
    mountOf("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
    mountOf("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", access),
    mountOf("/run", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
  ];
}

/** "type=bind,src=/a,dst=/b,options=rbind:ro". Errors: invalidArgument. */
export function parseMount(text: string): Mount {
  const fields = new Map(text.split(",").map((part) => part.split(/=(.*)/s) as [string, string | undefined]));
  const source = fields.get("src") ?? fields.get("source");
  const destination = fields.get("dst") ?? fields.get("destination") ?? fields.get("target");
  if (!destination?.startsWith("/") || source === undefined)
    throw invalidArgument(`mount ${JSON.stringify(text)}: want type=bind,src=PATH,dst=PATH,options=rbind:ro`);
  return mountOf(
    destination,
    fields.get("type") ?? "bind",
    source,
    ...(fields.get("options") ?? "rbind:rw").split(":"),
  );
}

/** "uid" or "uid:gid". Names would have to be looked up within the image. Errors: invalidArgument. */
export function parseUser(text: string): User {
  if (text === "" || text === "root") return { uid: 0, gid: 0 };
  const match = /^(\d+)(?::(\d+))?$/.exec(text);
  if (!match) throw invalidArgument(`user ${JSON.stringify(text)}: give numbers, as UID or UID:GID`);
  return { uid: Number(match[1]), gid: Number(match[2] ?? 0) };
}

function namespaces({ hostNetwork }: SpecOptions) {
  const types = ["pid", "ipc", "uts", "mount", ...(hostNetwork ? [] : ["network"])] as const;
  return types.map((type) => ({ type: type as "pid" | "ipc" | "uts" | "mount" | "network" }));
}

/** Errors: invalidArgument for flags that make no sense. */
export function makeSpec(options: SpecOptions): Spec {
  const { id, rootfs, args, env, cwd, terminal, privileged, memory } = options;
  if (args.length === 0)
    throw invalidArgument(`container ${id}: no command is given, and the image has none`);
  const capabilities = [...options.capabilities];
  return {
    ociVersion: "1.0.2",
    process: {
      terminal,
      user: parseUser(options.user),
      args,
      env: [
        ...(env.some((text) => text.startsWith("PATH=")) ? [] : [DEFAULT_PATH]),
        ...(terminal ? ["TERM=xterm"] : []),
        ...env,
      ],
      cwd: cwd || "/",
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
      noNewPrivileges: !privileged,
    },
    root: { path: rootfs, ...(options.readonly ? { readonly: true } : {}) },
    ...(options.hostNetwork ? {} : { hostname: id.slice(0, 63) }),
    mounts: [...systemMounts(options), ...options.mounts.map(parseMount)],
    linux: {
      cgroupsPath: join("/", options.namespace, id),
      resources: {
        devices: [{ allow: privileged, access: "rwm" }],
        ...(memory === undefined ? {} : { memory: { limit: memory } }),
      },
      namespaces: namespaces(options),
      ...(privileged ? {} : { maskedPaths: MASKED, readonlyPaths: READONLY }),
    },
  };
}
