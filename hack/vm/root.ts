/**
 * The virtual machine's root file system: a minimal Debian with systemd, AppArmor and the cloud kernel, made by
 * mmdebstrap once and kept as a folder for further runs.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "./run.ts";

const PACKAGES = [
  ...["linux-image-cloud-amd64", "systemd", "systemd-sysv", "dbus", "apparmor"],
  ...["busybox-static", "iproute2", "iptables", "procps", "kmod", "libseccomp2", "uidmap", "dmsetup"],
  // Storage drivers that the development machine cannot show, against stock's.
  ...["docker.io", "xfsprogs"],
  // Checkpoints, and the stock runtime to exchange them with.
  ...["criu", "runc"],
  // A runtime that takes cgroup v2 only.
  "crun",
];

/** What only the tests in test/vm/long need, in a root file system of its own. */
const LONG_PACKAGES = ["lvm2", "thin-provisioning-tools"];

/** Starts the tests when the system is up, and turns the machine off after them. */
const UNIT = `[Unit]
Description=Tests
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash /repo/hack/vm/guest
ExecStopPost=/bin/systemctl --no-block --force poweroff
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
TimeoutStartSec=infinity
[Install]
WantedBy=multi-user.target
`;

export interface VmRoot {
  folder: string;
  kernel: string;
  /** Folder of the kernel's modules. */
  modules: string;
}

function rootOf(folder: string): VmRoot {
  const release = readdirSync(join(folder, "lib/modules"))[0]!;
  return {
    folder,
    kernel: join(folder, `boot/vmlinuz-${release}`),
    modules: join(folder, "lib/modules", release),
  };
}

function configure(folder: string): void {
  writeFileSync(join(folder, "etc/systemd/system/pequod-tests.service"), UNIT);
  writeFileSync(join(folder, "etc/fstab"), "");
  writeFileSync(join(folder, "etc/hostname"), "vm\n");
  const chroot = (...command: string[]) => must(["chroot", folder, ...command]);
  chroot("systemctl", "enable", "pequod-tests.service");
  // What only delays the start of an emulated machine.
  const needless = [
    "systemd-timesyncd.service",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "e2scrub_all.timer",
    "docker.service",
    "docker.socket",
    "containerd.service",
  ];
  for (const unit of [...needless, "getty@tty1.service", "serial-getty@ttyS0.service"])
    chroot("systemctl", "mask", unit);
  chroot("useradd", "--create-home", "--uid", "1000", "somebody");
}

/** The root file system, from the cache if it is there. Errors: mmdebstrap's last words. */
export function vmRoot(cache: string, long = false): VmRoot {
  const packages = long ? [...PACKAGES, ...LONG_PACKAGES] : PACKAGES;
  const digest = createHash("sha256")
    .update(packages.join() + UNIT)
    .digest("hex")
    .slice(0, 12);
  const folder = join(cache, `root-${digest}`);
  if (existsSync(folder)) return rootOf(folder);
  mkdirSync(cache, { recursive: true });
  const partial = join(cache, `partial-${process.pid}`);
  rmSync(partial, { recursive: true, force: true });
  const include = `--include=${packages.join(",")}`;
  must(["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", include, "bookworm", partial]);
  configure(partial);
  renameSync(partial, folder);
  return rootOf(folder);
}
