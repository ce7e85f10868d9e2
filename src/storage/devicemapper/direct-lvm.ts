/**
 * Sets up a thin pool by LVM on a block device that is given (dm.directlvm_device), once: docker/thinpool, with what
 * was asked for noted in <root>/setup-config.json, as moby does.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failedPrecondition, invalidArgument, messageOf, systemError } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { readText } from "../../files/read-text.ts";
import type { DirectLVM } from "./options.ts";

/** The pool's name for the device mapper. */
export const DIRECT_LVM_POOL = "docker-thinpool";
/** What a pool was set up by. */
export const SETUP_NOTE = "setup-config.json";
const PROFILE = "docker-thinpool";
const PROGRAMS = ["pvcreate", "vgcreate", "lvcreate", "lvconvert", "lvchange", "thin_check"];

export interface DirectLVMPlace {
  /** <data-root>/devicemapper */
  root: string;
  /** /etc/lvm/profile */
  profiles: string;
}

/**
 * Makes the pool, unless it was made by the same options before. Errors: failedPrecondition for a device that is in use,
 * or programs that are missing; invalidArgument for other options than before; system.
 */
export function setUpDirectLVM(wanted: DirectLVM, force: boolean, place: DirectLVMPlace): void {
  const before = readConfig(place.root);
  if (before !== undefined) {
    if (before === JSON.stringify(wanted)) return;
    throw invalidArgument("changing direct-lvm config is not supported");
  }
  for (const program of PROGRAMS)
    if (!which(program))
      throw failedPrecondition(
        `devmapper: error looking up command \`${program}\` while setting up direct lvm: install it (apt-get install lvm2 thin-provisioning-tools)`,
      );
  refuseUsed(wanted.Device, force);
  makePool(wanted, place.profiles);
  mkdirSync(place.root, { recursive: true, mode: 0o710 });
  writeAtomic(join(place.root, SETUP_NOTE), JSON.stringify(wanted), { mode: 0o600 });
}

/** In one form, whoever wrote it. */
function readConfig(root: string): string | undefined {
  const text = readText(join(root, SETUP_NOTE));
  if (text === undefined || text === "") return undefined;
  try {
    const { Device, ThinpPercent, ThinpMetaPercent, AutoExtendPercent, AutoExtendThreshold } =
      JSON.parse(text);
    const config = { Device, ThinpPercent, ThinpMetaPercent, AutoExtendPercent, AutoExtendThreshold };
    return JSON.stringify(config satisfies DirectLVM);
  } catch (cause) {
    throw systemError(`error unmarshaling previous device setup config: ${messageOf(cause)}`, { cause });
  }
}

function refuseUsed(device: string, force: boolean): void {
  const group = /VG Name\s+(\S+)/.exec(output("pvdisplay", device))?.[1];
  if (group !== undefined)
    throw failedPrecondition(
      `${device} is already part of a volume group "${group}": must remove this device from any volume group or provide a different device`,
    );
  if (!force && /\bTYPE="[^"]+"/.test(output("blkid", device)))
    throw failedPrecondition(
      `${device} has a filesystem already, use dm.directlvm_device_force=true if you want to wipe the device`,
    );
}

/** The sizes that stock takes where none are given, in percent. */
const DEFAULTS = { data: 95, metadata: 1, threshold: 80, percent: 20 };

/** What fails in the middle takes the volume group away again. */
function makePool(wanted: DirectLVM, profiles: string): void {
  const data = wanted.ThinpPercent || DEFAULTS.data;
  const metadata = wanted.ThinpMetaPercent || DEFAULTS.metadata;
  const volume = (name: string, percent: number) =>
    run("lvcreate", "--wipesignatures", "y", "-n", name, "docker", "--extents", `${percent}%VG`);
  run("pvcreate", "-f", wanted.Device);
  try {
    run("vgcreate", "docker", wanted.Device);
  } catch (error) {
    output("pvremove", "-f", wanted.Device);
    throw error;
  }
  try {
    volume("thinpool", data);
    volume("thinpoolmeta", metadata);
    const pool = ["--thinpool", "docker/thinpool", "--poolmetadata", "docker/thinpoolmeta"];
    run("lvconvert", "-y", "--zero", "n", "-c", "512K", ...pool);
    mkdirSync(profiles, { recursive: true, mode: 0o755 });
    writeFileSync(join(profiles, `${PROFILE}.profile`), profileOf(wanted), { mode: 0o600 });
    run("lvchange", "--metadataprofile", PROFILE, "docker/thinpool");
  } catch (error) {
    output("vgremove", "-f", "docker");
    output("pvremove", "-f", wanted.Device);
    throw error;
  }
}

/** When dmeventd makes the pool larger; see lvmthin(7). */
function profileOf({ AutoExtendThreshold, AutoExtendPercent }: DirectLVM): string {
  const threshold = AutoExtendThreshold || DEFAULTS.threshold;
  const percent = AutoExtendPercent || DEFAULTS.percent;
  return `activation{\nthin_pool_autoextend_threshold=${threshold}\nthin_pool_autoextend_percent=${percent}\n}`;
}

const which = (program: string): boolean => Bun.which(program, { PATH: process.env["PATH"] ?? "" }) !== null;

const spawn = (command: string[]) =>
  Bun.spawnSync(command, { env: { ...process.env, LC_ALL: "C" }, stdin: "ignore", stderr: "pipe" });

function run(...command: string[]): void {
  const { exitCode, stdout, stderr } = spawn(command);
  if (exitCode === 0) return;
  throw systemError(`devmapper: ${command.join(" ")}: ${`${stdout}${stderr}`.trim()}`);
}

/** What a program prints; nothing if it fails, or is not there. */
function output(program: string, ...args: string[]): string {
  if (!which(program)) return "";
  const { exitCode, stdout } = spawn([program, ...args]);
  return exitCode === 0 ? stdout.toString() : "";
}
