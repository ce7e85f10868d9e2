/** Loop devices by ioctl(2) (linux/loop.h): a file as a block device. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { errnoOf } from "../errors/errors.ts";
import { closeFd, ioctl, O_RDWR, openFd } from "./fd.ts";

const GET_FREE = 0x4c82;
const CONFIGURE = 0x4c0a;
const SET_CAPACITY = 0x4c07;
const GET_STATUS64 = 0x4c05;
const BLKGETSIZE64 = 0x80081272;
/** struct loop_config, and struct loop_info64 in it. */
const CONFIG = 304;
const INFO_AT = 8;
const INFO = 232;
const AT = { flags: 52, name: 56 };
const NAME_ROOM = 64;
/** The device goes when it is closed for the last time. */
const AUTOCLEAR = 4;
const TRIES = 50;

export interface LoopDevice {
  /** "/dev/loop3" */
  path: string;
  /** Closes it: gone, unless somebody else has it open. */
  close(): void;
}

/** Attaches a file to a free loop device, which goes with its last user. Errors: those of open and of the kernel. */
export function attachLoop(file: string): LoopDevice {
  const backing = openFd(file, O_RDWR);
  try {
    for (let tries = 0; ; tries++) {
      const path = `/dev/loop${freeNumber()}`;
      const fd = openFd(path, O_RDWR);
      try {
        ioctl(fd, CONFIGURE, configuration(backing, file));
        return { path, close: () => closeFd(fd) };
      } catch (error) {
        closeFd(fd);
        // Somebody else has taken it meanwhile.
        if (errnoOf(error) !== "EBUSY" || tries >= TRIES) throw error;
      }
    }
  } finally {
    closeFd(backing);
  }
}

function freeNumber(): number {
  const control = openFd("/dev/loop-control", O_RDWR);
  try {
    return ioctl(control, GET_FREE, new Int32Array(1));
  } finally {
    closeFd(control);
  }
}

function configuration(backing: number, file: string): Buffer {
  const config = Buffer.alloc(CONFIG);
  config.writeUInt32LE(backing, 0);
  config.writeUInt32LE(AUTOCLEAR, INFO_AT + AT.flags);
  config.write(file, INFO_AT + AT.name, NAME_ROOM - 1);
  return config;
}

/** The loop device, "/dev/loop3", that a file is attached to. */
export function loopOf(file: string): string | undefined {
  const { dev, ino } = statSync(file, { bigint: true });
  for (const name of readdirSync("/sys/block")) {
    if (!/^loop\d+$/.test(name)) continue;
    const found = backingOf(`/dev/${name}`);
    if (found && found.dev === dev && found.ino === ino) return `/dev/${name}`;
  }
  return undefined;
}

function backingOf(path: string): { dev: bigint; ino: bigint } | undefined {
  try {
    const fd = openFd(path, 0);
    try {
      const info = Buffer.alloc(INFO);
      ioctl(fd, GET_STATUS64, info);
      return { dev: info.readBigUInt64LE(0), ino: info.readBigUInt64LE(8) };
    } finally {
      closeFd(fd);
    }
  } catch {
    return undefined;
  }
}

/** Takes over that the file behind a loop device has grown. */
export function growLoop(path: string): void {
  const fd = openFd(path, O_RDWR);
  try {
    ioctl(fd, SET_CAPACITY, new Int32Array(1));
  } finally {
    closeFd(fd);
  }
}

/** Bytes of a block device. */
export function blockDeviceSize(path: string): number {
  const fd = openFd(path, 0);
  try {
    const size = Buffer.alloc(8);
    ioctl(fd, BLKGETSIZE64, size);
    return Number(size.readBigUInt64LE());
  } finally {
    closeFd(fd);
  }
}

/** "8:1" of a device node. */
export function deviceNumber(path: string): string {
  const rdev = statSync(path, { bigint: true }).rdev;
  return `${(rdev >> 8n) & 0xfffn}:${(rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n)}`;
}

/** Name of the block device with a number such as "7:0", as the kernel has it: "loop0". */
export function blockDeviceName(number: string): string | undefined {
  try {
    return /^DEVNAME=(.+)$/m.exec(readFileSync(`/sys/dev/block/${number}/uevent`, "utf8"))?.[1];
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
