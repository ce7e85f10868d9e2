/** moby's records of a thin pool's devices: <root>/metadata/{base,<layer id>,deviceset-metadata,transaction-metadata}. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dataLoss, messageOf } from "../../errors/errors.ts";
import { syncFolder } from "../../files/atomic.ts";
import { replaceSmallFile } from "../../linux/fd.ts";

/** The layer that all others are made from has no id of its own. */
export const BASE = "";
const BASE_FILE = "base";
const SET_FILE = "deviceset-metadata";
const TRANSACTION_FILE = "transaction-metadata";
/** Device ids have 24 bits. */
export const MAX_DEVICE_ID = 0xffffff;

export interface Device {
  /** Within the pool. */
  device_id: number;
  /** Bytes. */
  size: number;
  transaction_id: number;
  /** Only of the base: there is a file system on it. */
  initialized: boolean;
  /** It was in use when it was to be deleted, which is tried again. */
  deleted: boolean;
}

export interface SetRecord {
  next_device_id: number;
  BaseDeviceUUID: string;
  BaseDeviceFilesystem: string;
}

export interface Transaction {
  open_transaction_id: number;
  /** Layer id. */
  device_hash: string;
  device_id: number;
}

/** Each file is replaced whole, under moby's own rule that names with a dot in front are no records. */
export class DeviceRecords {
  readonly folder: string;

  /** `root` is <data-root>/devicemapper. */
  constructor(root: string) {
    this.folder = join(root, "metadata");
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
  }

  #file(id: string): string {
    return join(this.folder, id === BASE ? BASE_FILE : id);
  }

  /** All that can be read: a damaged record is as good as none, and its layer is missing then. */
  devices(): Map<string, Device> {
    const found = new Map<string, Device>();
    for (const name of readdirSync(this.folder)) {
      if (
        name.startsWith(".") ||
        name.endsWith(".migrated") ||
        name === SET_FILE ||
        name === TRANSACTION_FILE
      )
        continue;
      const device = deviceIn(join(this.folder, name));
      if (device) found.set(name === BASE_FILE ? BASE : name, device);
    }
    return found;
  }

  writeDevice(id: string, device: Device): void {
    replaceSmallFile(this.#file(id), JSON.stringify(device), 0o600);
  }

  removeDevice(id: string): void {
    rmSync(this.#file(id), { force: true });
    syncFolder(this.folder);
  }

  /** Errors: dataLoss. */
  set(): SetRecord {
    const read = this.#read(SET_FILE);
    const text = (name: keyof SetRecord) => (typeof read?.[name] === "string" ? String(read[name]) : "");
    return {
      next_device_id: Number(read?.["next_device_id"] ?? 0),
      BaseDeviceUUID: text("BaseDeviceUUID"),
      BaseDeviceFilesystem: text("BaseDeviceFilesystem"),
    };
  }

  writeSet(record: SetRecord): void {
    replaceSmallFile(join(this.folder, SET_FILE), JSON.stringify(record), 0o600);
  }

  /** Errors: dataLoss. */
  transaction(): Transaction | undefined {
    const read = this.#read(TRANSACTION_FILE);
    if (!read) return undefined;
    return {
      open_transaction_id: Number(read["open_transaction_id"] ?? 0),
      device_hash: String(read["device_hash"] ?? ""),
      device_id: Number(read["device_id"] ?? 0),
    };
  }

  writeTransaction(record: Transaction): void {
    replaceSmallFile(join(this.folder, TRANSACTION_FILE), JSON.stringify(record), 0o600);
  }

  removeTransaction(): void {
    rmSync(join(this.folder, TRANSACTION_FILE), { force: true });
    syncFolder(this.folder);
  }

  #read(name: string): Record<string, unknown> | undefined {
    const path = join(this.folder, name);
    if (!existsSync(path)) return undefined;
    try {
      return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    } catch (cause) {
      throw dataLoss(`${path} cannot be read: ${messageOf(cause)}`, { cause });
    }
  }
}

function deviceIn(path: string): Device | undefined {
  let read: Partial<Record<keyof Device, unknown>>;
  try {
    read = JSON.parse(readFileSync(path, "utf8")) as typeof read;
  } catch {
    return undefined;
  }
  const { device_id: id, size } = read ?? {};
  if (!Number.isInteger(id) || Number(id) < 0 || Number(id) > MAX_DEVICE_ID || !Number.isSafeInteger(size))
    return undefined;
  return {
    device_id: Number(id),
    size: Number(size),
    transaction_id: Number(read.transaction_id ?? 0),
    initialized: read.initialized === true,
    deleted: read.deleted === true,
  };
}
