import type { LinuxDeviceCgroup, Mount } from "../../../oci/runtime-spec.ts";

export const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Hidden from containers that are not privileged: they tell of the host, or change it. */
export const MASKED_PATHS = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];

export const READONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

/** The file systems of the kernel that every container has; /dev/shm follows from the ipc mode. */
export function defaultMounts(): Mount[] {
  const closed = ["nosuid", "noexec", "nodev"];
  return [
    { destination: "/proc", type: "proc", source: "proc", options: closed },
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
    { destination: "/sys", type: "sysfs", source: "sysfs", options: [...closed, "ro"] },
    { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", ...closed] },
    { destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: closed },
  ];
}

const rule = (allow: boolean, major: number, minor: number): LinuxDeviceCgroup => ({
  allow,
  type: "c",
  major,
  minor,
  access: "rwm",
});

/** Device rules of a container that is not privileged: zero, null, urandom, random, tty, console; not fuse. */
export function defaultDeviceRules(): LinuxDeviceCgroup[] {
  return [
    { allow: false, access: "rwm" },
    rule(true, 1, 5),
    rule(true, 1, 3),
    rule(true, 1, 9),
    rule(true, 1, 8),
    rule(true, 5, 0),
    rule(true, 5, 1),
    rule(false, 10, 229),
  ];
}
