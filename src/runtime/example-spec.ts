/** The configuration that `spec` writes: a shell in rootfs/, closely confined. */
import type { Mount, Spec } from "../oci/runtime-spec.ts";

const CAPABILITIES = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];
const CLOSED = ["nosuid", "noexec", "nodev"];

function mounts(): Mount[] {
  return [
    { destination: "/proc", type: "proc", source: "proc" },
    {
      destination: "/dev",
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
    },
    {
      destination: "/dev/pts",
      type: "devpts",
      source: "devpts",
      options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    },
    {
      destination: "/dev/shm",
      type: "tmpfs",
      source: "shm",
      options: [...CLOSED, "mode=1777", "size=65536k"],
    },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: CLOSED },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: [...CLOSED, "ro"] },
    {
      destination: "/sys/fs/cgroup",
      type: "cgroup",
      source: "cgroup",
      options: [...CLOSED, "relatime", "ro"],
    },
  ];
}

const NAMESPACES = ["pid", "network", "ipc", "uts", "mount"] as const;

/**
 * For root. `cgroupNamespace`: with a cgroup namespace, as runc has it on hosts with cgroup v2 alone, so that on
 * others the container's own path can be read in /proc/self/cgroup.
 */
export function exampleSpec(cgroupNamespace = true): Spec {
  return {
    ociVersion: "1.2.0",
    process: {
      terminal: true,
      user: { uid: 0, gid: 0 },
      args: ["sh"],
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
      cwd: "/",
      capabilities: { bounding: CAPABILITIES, effective: CAPABILITIES, permitted: CAPABILITIES },
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
      noNewPrivileges: true,
    },
    root: { path: "rootfs", readonly: true },
    hostname: "docker-runc",
    mounts: mounts(),
    linux: {
      resources: { devices: [{ allow: false, access: "rwm" }] },
      namespaces: [...NAMESPACES, ...(cgroupNamespace ? (["cgroup"] as const) : [])].map((type) => ({
        type,
      })),
      maskedPaths: [
        "/proc/acpi",
        "/proc/asound",
        "/proc/kcore",
        "/proc/keys",
        "/proc/latency_stats",
        "/proc/timer_list",
        "/proc/timer_stats",
        "/proc/sched_debug",
        "/sys/firmware",
        "/proc/scsi",
      ],
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    },
  };
}

/** For another user, who becomes root in a user namespace: the host's network and sysfs, no limits. */
export function rootlessSpec(uid: number, gid: number, cgroupNamespace = true): Spec {
  const spec = exampleSpec(cgroupNamespace);
  const linux = spec.linux!;
  delete linux.resources;
  linux.namespaces = [...(linux.namespaces ?? []).filter(({ type }) => type !== "network"), { type: "user" }];
  linux.uidMappings = [{ containerID: 0, hostID: uid, size: 1 }];
  linux.gidMappings = [{ containerID: 0, hostID: gid, size: 1 }];
  spec.mounts = mounts()
    .filter(({ destination }) => destination !== "/sys/fs/cgroup")
    .map((mount) => {
      if (mount.destination === "/sys")
        return { destination: "/sys", type: "none", source: "/sys", options: ["rbind", ...CLOSED, "ro"] };
      return { ...mount, options: (mount.options ?? []).filter((option) => option !== "gid=5") };
    });
  return spec;
}
