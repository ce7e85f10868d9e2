/** The thin pool that all layers are in: made of two files on loop devices (loop-lvm), of two block devices, by LVM, or found. */
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, realpathSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { EngineError, failedPrecondition, messageOf } from "../../errors/errors.ts";
import { targetTypes } from "../../linux/device-mapper.ts";
import { readSmallFile } from "../../linux/fd.ts";
import {
  attachLoop,
  blockDeviceName,
  blockDeviceSize,
  deviceNumber,
  growLoop,
  type LoopDevice,
  loopOf,
} from "../../linux/loop.ts";
import { DIRECT_LVM_POOL, setUpDirectLVM } from "./direct-lvm.ts";
import type { Mapper } from "./mapper.ts";
import type { DeviceMapperOptions } from "./options.ts";

const SECTOR = 512;
/** Of metadata, bytes: fixed by the kernel. */
export const METADATA_BLOCK = 4096;
/** Free blocks at which the kernel sends an event; nobody listens. */
const LOW_WATER = 32768;

/** Blocks. */
export interface Usage {
  used: number;
  total: number;
}

export interface PoolUsage {
  transaction: number;
  metadata: Usage;
  data: Usage;
  /** Bytes of a data block. */
  blockSize: number;
}

/** How full a pool is, by its status line. Errors: failedPrecondition for a pool that has failed, or that is none. */
export function poolUsage(mapper: Mapper, pool: string): PoolUsage {
  const { type, length, params } = mapper.target(pool);
  if (type !== "thin-pool") throw failedPrecondition(`devmapper: Device ${pool} is not a thin pool`);
  const match = /^(\d+) (\d+)\/(\d+) (\d+)\/(\d+)/.exec(params);
  if (!match)
    throw failedPrecondition(
      `devmapper: thin pool ${pool} has failed (${params.trim() || "no status"}): repair its metadata with thin_repair, see lvmthin(7)`,
    );
  const [transaction, metadataUsed, metadataTotal, used, total] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    transaction,
    metadata: { used: metadataUsed, total: metadataTotal },
    data: { used, total },
    blockSize: length / total,
  };
}

export interface Pool {
  /** Device mapper name. */
  name: string;
  /** Where it is this engine's to make and to take away. */
  own: boolean;
  dataDevice?: string;
  metadataDevice?: string;
  /** Files behind them, if they are loop devices. */
  dataFile?: string;
  metadataFile?: string;
}

/** "docker-8:1-1234", from device and inode of the driver's folder, as moby names what is its own. */
export function devicePrefix(root: string): string {
  const { dev, ino } = statSync(root, { bigint: true });
  return `docker-${(dev >> 8n) & 0xfffn}:${(dev & 0xffn) | ((dev >> 12n) & 0xfff00n)}-${ino}`;
}

/** Finds the pool, or makes it. `root` is <data-root>/devicemapper. Errors: failedPrecondition, system. */
export function openPool(root: string, options: DeviceMapperOptions, mapper: Mapper): Pool {
  if (options.directLVM) {
    setUpDirectLVM(options.directLVM, options.directLVMForce, { root, profiles: "/etc/lvm/profile" });
    return { name: givenPool(DIRECT_LVM_POOL, mapper), own: false };
  }
  if (options.pool !== undefined) return { name: givenPool(options.pool, mapper), own: false };
  const name = `${devicePrefix(root)}-pool`;
  const pool = { name, own: true };
  if (mapper.info(name)) return { ...pool, ...partsOf(root, name, mapper) };
  const data = openPart(root, "data", options.dataDevice, options.loopDataSize);
  try {
    const metadata = openPart(root, "metadata", options.metadataDevice, options.loopMetadataSize);
    try {
      makePool(name, data.path, metadata.path, options, mapper);
      return {
        ...pool,
        dataDevice: data.path,
        metadataDevice: metadata.path,
        ...(data.file === undefined ? {} : { dataFile: data.file }),
        ...(metadata.file === undefined ? {} : { metadataFile: metadata.file }),
      };
    } finally {
      metadata.close();
    }
  } finally {
    data.close();
  }
}

function givenPool(given: string, mapper: Mapper): string {
  const name = given.startsWith("/") ? nameOfNode(given) : given;
  if (!mapper.info(name))
    throw failedPrecondition(
      `devmapper: thin pool ${given} is not there: make it with lvcreate --type thin-pool, or activate it with lvchange -ay`,
    );
  const { type } = mapper.target(name);
  if (type !== "thin-pool")
    throw failedPrecondition(`devmapper: Device ${given} is not a thin pool but ${type}`);
  return name;
}

/** The device mapper's name of a node such as /dev/vg/thinpool. */
function nameOfNode(path: string): string {
  try {
    return readSmallFile(`/sys/block/${basename(realpathSync(path))}/dm/name`).trim();
  } catch (cause) {
    throw failedPrecondition(`devmapper: dm.thinpooldev=${path} is no device of the device mapper`, {
      cause,
    });
  }
}

function partsOf(root: string, name: string, mapper: Mapper): Partial<Pool> {
  const [metadata, data] = mapper.target(name, { table: true }).params.split(" ");
  const path = (number = "") => `/dev/${blockDeviceName(number) ?? number}`;
  const file = (part: string, device: string) => {
    const at = join(root, "devicemapper", part);
    return existsSync(at) && loopOf(at) === device ? at : undefined;
  };
  const [dataDevice, metadataDevice] = [path(data), path(metadata)];
  const [dataFile, metadataFile] = [file("data", dataDevice), file("metadata", metadataDevice)];
  return {
    dataDevice,
    metadataDevice,
    ...(dataFile === undefined ? {} : { dataFile }),
    ...(metadataFile === undefined ? {} : { metadataFile }),
  };
}

interface Part extends LoopDevice {
  file?: string;
}

function openPart(root: string, name: string, device: string | undefined, size: number): Part {
  if (device !== undefined) return { path: device, close() {} };
  const folder = join(root, "devicemapper");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, name);
  growFile(file, size);
  const present = loopOf(file);
  if (present !== undefined) {
    growLoop(present);
    return { path: present, file, close() {} };
  }
  try {
    return { ...attachLoop(file), file };
  } catch (cause) {
    throw new EngineError(
      "system",
      `devmapper: cannot attach ${file} to a loop device: ${messageOf(cause)} (load the module with \`modprobe loop\`, or give a thin pool by dm.thinpooldev)`,
      { cause },
    );
  }
}

/** Makes a sparse file of so many bytes; one that is larger stays as it is. */
function growFile(path: string, size: number): void {
  const fd = openSync(path, existsSync(path) ? "r+" : "wx+", 0o600);
  try {
    if (statSync(path).size < size) ftruncateSync(fd, size);
  } finally {
    closeSync(fd);
  }
}

function makePool(
  name: string,
  data: string,
  metadata: string,
  { blockSize }: DeviceMapperOptions,
  mapper: Mapper,
): void {
  const length = Math.floor(blockDeviceSize(data) / blockSize) * blockSize;
  const params = `${deviceNumber(metadata)} ${deviceNumber(data)} ${blockSize / SECTOR} ${LOW_WATER} 1 skip_block_zeroing`;
  try {
    mapper.create(name, { type: "thin-pool", length, params });
  } catch (cause) {
    const missing = !targetTypes().includes("thin-pool");
    const why = missing
      ? "the kernel has no thin-pool target: load its module with `modprobe dm_thin_pool`"
      : messageOf(cause);
    throw failedPrecondition(`devmapper: cannot make thin pool ${name} of ${data} and ${metadata}: ${why}`, {
      cause,
    });
  }
}
