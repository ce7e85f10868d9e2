/**
 * The device mapper by ioctl(2) on /dev/mapper/control (linux/dm-ioctl.h), without libdevmapper: devices are named as
 * there, and are opened as the /dev/dm-N that the kernel itself makes, so that nothing has to wait for udev's links.
 */
import { closeFd, ioctl, O_RDWR, openFd } from "./fd.ts";

const VERSION = 0xc138fd00;
const DEV_CREATE = 0xc138fd03;
const DEV_REMOVE = 0xc138fd04;
const DEV_SUSPEND = 0xc138fd06;
const DEV_STATUS = 0xc138fd07;
const TABLE_LOAD = 0xc138fd09;
const TABLE_STATUS = 0xc138fd0c;
const LIST_VERSIONS = 0xc138fd0d;
const TARGET_MSG = 0xc138fd0e;

const FLAG = {
  suspend: 1 << 1,
  statusTable: 1 << 4,
  deferredRemove: 1 << 17,
} as const;

/** Offsets in struct dm_ioctl, and its size. */
const AT = {
  dataSize: 12,
  dataStart: 16,
  targets: 20,
  openCount: 24,
  flags: 28,
  event: 32,
  dev: 40,
  name: 48,
};
const HEADER = 312;
const NAME_ROOM = 128;
const TARGET = 40;
const TYPE_AT = 24;
const TYPE_ROOM = 16;
/** Room for what the kernel answers. */
const ANSWER = 16384;
const SECTOR = 512;

/**
 * What udev's rules for the device mapper shall leave alone: looking for file systems and making links to them. It
 * would hold the device open just when it is to be removed. The low half, a semaphore to wait on, is none.
 */
const UDEV_LEAVE_ALONE = (0x02 | 0x04 | 0x08) << 16;

const CONTROL = "/dev/mapper/control";

export interface DeviceInfo {
  major: number;
  minor: number;
  openCount: number;
  /** It goes when it is closed for the last time. */
  deferredRemove: boolean;
}

export interface TargetLine {
  /** "thin-pool", "thin" ... */
  type: string;
  /** Bytes. */
  length: number;
  params: string;
}

interface Call {
  name?: string;
  flags?: number;
  event?: number;
  payload?: Uint8Array;
  targets?: number;
}

function call(request: number, { name = "", flags = 0, event = 0, payload, targets = 0 }: Call): Buffer {
  const buffer = Buffer.alloc(HEADER + Math.max(payload?.length ?? 0, ANSWER));
  buffer.writeUInt32LE(4, 0);
  buffer.writeUInt32LE(buffer.length, AT.dataSize);
  buffer.writeUInt32LE(HEADER, AT.dataStart);
  buffer.writeUInt32LE(targets, AT.targets);
  buffer.writeUInt32LE(flags, AT.flags);
  buffer.writeUInt32LE(event, AT.event);
  if (Buffer.byteLength(name) >= NAME_ROOM) throw new Error(`device mapper: name too long: ${name}`);
  buffer.write(name, AT.name);
  if (payload) buffer.set(payload, HEADER);
  const fd = openFd(CONTROL, O_RDWR);
  try {
    ioctl(fd, request, buffer);
  } finally {
    closeFd(fd);
  }
  return buffer;
}

/** Version of the kernel's interface, "4.47.0". Errors: ENOENT where the kernel has no device mapper. */
export function deviceMapperVersion(): string {
  const answer = call(VERSION, {});
  return [0, 4, 8].map((at) => answer.readUInt32LE(at)).join(".");
}

/** Names of the target types that are loaded, such as "thin-pool". */
export function targetTypes(): string[] {
  const answer = call(LIST_VERSIONS, {});
  const types: string[] = [];
  for (let at = answer.readUInt32LE(AT.dataStart); ; ) {
    types.push(cString(answer, at + 16, answer.length));
    const next = answer.readUInt32LE(at);
    if (next === 0) return types;
    at += next;
  }
}

/** Undefined if there is no such device. */
export function deviceInfo(name: string): DeviceInfo | undefined {
  try {
    return infoOf(call(DEV_STATUS, { name }));
  } catch (error) {
    if ((error as { code?: string }).code === "ENXIO") return undefined;
    throw error;
  }
}

function infoOf(answer: Buffer): DeviceInfo {
  const dev = answer.readBigUInt64LE(AT.dev);
  // The kernel's huge_encode_dev().
  const major = Number((dev >> 8n) & 0xfffn);
  const minor = Number((dev & 0xffn) | ((dev >> 12n) & 0xfff00n));
  const flags = answer.readUInt32LE(AT.flags);
  return {
    major,
    minor,
    openCount: answer.readInt32LE(AT.openCount),
    deferredRemove: (flags & FLAG.deferredRemove) !== 0,
  };
}

/** The node that the kernel makes for a device. */
export const devicePath = ({ minor }: Pick<DeviceInfo, "minor">): string => `/dev/dm-${minor}`;

/** Makes a device of one target and resumes it; what fails leaves none. Errors: EBUSY when the name is taken. */
export function createDevice(name: string, target: TargetLine): DeviceInfo {
  call(DEV_CREATE, { name });
  try {
    loadTable(name, target);
    return resumeDevice(name);
  } catch (error) {
    removeDevice(name);
    throw error;
  }
}

/** Loads a table, which resumeDevice() makes the one in use. */
function loadTable(name: string, { type, length, params }: TargetLine): void {
  const size = Math.ceil((TARGET + Buffer.byteLength(params) + 1) / 8) * 8;
  const payload = Buffer.alloc(size);
  payload.writeBigUInt64LE(BigInt(Math.floor(length / SECTOR)), 8);
  payload.writeUInt32LE(size, 20);
  payload.write(type, TYPE_AT, TYPE_ROOM - 1);
  payload.write(params, TARGET);
  call(TABLE_LOAD, { name, payload, targets: 1 });
}

/** Holds back what is written, and brings the file system on it to a state that can be copied. */
export function suspendDevice(name: string): void {
  call(DEV_SUSPEND, { name, flags: FLAG.suspend });
}

/** Makes the table that was loaded last the one in use. Errors: ENXIO if there is no such device. */
export function resumeDevice(name: string): DeviceInfo {
  return infoOf(call(DEV_SUSPEND, { name, event: UDEV_LEAVE_ALONE }));
}

/** Errors: EBUSY while it is open, unless `deferred`: then it goes when it is closed. ENXIO if it is not there. */
export function removeDevice(name: string, { deferred = false } = {}): void {
  call(DEV_REMOVE, { name, flags: deferred ? FLAG.deferredRemove : 0, event: UDEV_LEAVE_ALONE });
}

/** Sends a message to the device's target. Errors: those of the target. */
export function sendMessage(name: string, message: string): void {
  const payload = Buffer.alloc(8 + Buffer.byteLength(message) + 1);
  payload.write(message, 8);
  call(TARGET_MSG, { name, payload });
}

/** The device's only target, with its state; with `table` with what it was made of. Errors: ENXIO. */
export function targetOf(name: string, { table = false } = {}): TargetLine {
  const answer = call(TABLE_STATUS, { name, flags: table ? FLAG.statusTable : 0 });
  const at = answer.readUInt32LE(AT.dataStart);
  return {
    type: cString(answer, at + TYPE_AT, at + TARGET),
    length: Number(answer.readBigUInt64LE(at + 8)) * SECTOR,
    params: cString(answer, at + TARGET, answer.length),
  };
}

function cString(buffer: Buffer, from: number, to: number): string {
  const end = buffer.indexOf(0, from);
  return buffer.toString("utf8", from, end < 0 || end > to ? to : end);
}
