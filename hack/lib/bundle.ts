/** Bundles for an OCI runtime, with a config.json as Docker writes it: for tests and benches of docker-runc. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MASKED_PATHS, READONLY_PATHS } from "../../src/engine/containers/spec/defaults.ts";
import type { LinuxSeccomp, Spec } from "../../src/oci/runtime-spec.ts";
import { seccompFor } from "../../src/oci/seccomp/select.ts";
import { layBusyboxRoot } from "./busybox-image.ts";

/** What Docker grants by default. */
export const DEFAULT_CAPABILITIES = [
  "CHOWN",
  "DAC_OVERRIDE",
  "FSETID",
  "FOWNER",
  "MKNOD",
  "NET_RAW",
  "SETGID",
  "SETUID",
  "SETFCAP",
  "SETPCAP",
  "NET_BIND_SERVICE",
  "SYS_CHROOT",
  "KILL",
  "AUDIT_WRITE",
].map((name) => `CAP_${name}`);

/** A profile as runc 1.1 takes it: crun and it know no newer members. */
const seccomp = (): LinuxSeccomp => structuredClone(seccompFor("", undefined, DEFAULT_CAPABILITIES)!);

const character = (major: number, minor: number, access = "rwm") => ({
  allow: true,
  type: "c",
  major,
  minor,
  access,
});

/** The configuration of `docker run --memory 256m --pids-limit 200 --network none busybox ARGS`. */
export function dockerSpec(args: string[], cgroupsPath: string): Spec {
  return {
    ociVersion: "1.0.2",
    process: {
      user: { uid: 0, gid: 0, additionalGids: [0, 10] },
      args,
      env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME=box"],
      cwd: "/",
      capabilities: {
        bounding: DEFAULT_CAPABILITIES,
        effective: DEFAULT_CAPABILITIES,
        permitted: DEFAULT_CAPABILITIES,
      },
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
      noNewPrivileges: false,
      oomScoreAdj: 0,
    },
    root: { path: "rootfs", readonly: false },
    hostname: "box",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
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
      { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
      {
        destination: "/sys/fs/cgroup",
        type: "cgroup",
        source: "cgroup",
        options: ["ro", "nosuid", "noexec", "nodev"],
      },
      {
        destination: "/dev/mqueue",
        type: "mqueue",
        source: "mqueue",
        options: ["nosuid", "noexec", "nodev"],
      },
      {
        destination: "/dev/shm",
        type: "tmpfs",
        source: "shm",
        options: ["nosuid", "noexec", "nodev", "mode=1777", "size=67108864"],
      },
    ],
    linux: {
      namespaces: (["mount", "network", "uts", "pid", "ipc"] as const).map((type) => ({ type })),
      cgroupsPath,
      resources: {
        devices: [
          { allow: false, access: "rwm" },
          character(1, 5),
          character(1, 3),
          character(1, 9),
          character(1, 8),
          character(5, 0),
          character(5, 1),
        ] as NonNullable<NonNullable<Spec["linux"]>["resources"]>["devices"] & object,
        memory: { limit: 268435456, swap: 536870912 },
        pids: { limit: 200 },
        cpu: { shares: 512 },
        blockIO: {},
      },
      seccomp: seccomp(),
      maskedPaths: [...MASKED_PATHS],
      readonlyPaths: [...READONLY_PATHS],
    },
  };
}

/** Writes a bundle's config.json. */
export function writeConfig(bundle: string, spec: Spec): void {
  writeFileSync(join(bundle, "config.json"), JSON.stringify(spec));
}

/** Makes a bundle with a busybox root; `sharedRoot` is a root that is there already. */
export function makeBundle(bundle: string, spec: Spec, sharedRoot?: string): void {
  mkdirSync(bundle, { recursive: true });
  if (sharedRoot === undefined) layBusyboxRoot(join(bundle, "rootfs"));
  else {
    rmSync(join(bundle, "rootfs"), { force: true });
    symlinkSync(sharedRoot, join(bundle, "rootfs"));
  }
  writeConfig(bundle, spec);
}
