import {
  EngineError,
  errnoOf,
  exists,
  failedPrecondition,
  messageOf,
  notFound,
} from "../../errors/errors.ts";
import type { DeviceInfo } from "../../linux/device-mapper.ts";
import type { Mapper } from "./mapper.ts";
import { poolUsage } from "./pool.ts";
import { BASE, type Device, type DeviceRecords, MAX_DEVICE_ID } from "./records.ts";

/** How long a device may be in use by a program that only looks at it, such as one of udev's. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 20;

export interface DeviceSetOptions {
  /** Name of the thin pool, which is there. */
  pool: string;
  /** "docker-8:1-1234": what names of devices begin with. */
  prefix: string;
  records: DeviceRecords;
  mapper: Mapper;
  /** Percent of the pool that must be free for a new device. */
  minFree: number;
  deferredRemoval: boolean;
  deferredDeletion: boolean;
}

/**
 * The devices of a thin pool, each known by a layer's id. Making and deleting one is a transaction as moby has it:
 * written down, done, and then the pool's own transaction id is raised; what is written down beyond the pool's id was
 * interrupted and is undone at the next start. Each runs without a pause, so that no two mix.
 */
export class DeviceSet {
  readonly #options: DeviceSetOptions;
  readonly #devices: Map<string, Device>;
  /** Layer id → how many want its device active. */
  readonly #uses = new Map<string, number>();
  #next: number;
  #transaction: number;

  /** Undoes what a crash interrupted. Errors: dataLoss, system. */
  constructor(options: DeviceSetOptions) {
    this.#options = options;
    this.#devices = options.records.devices();
    this.#next = options.records.set().next_device_id;
    this.#transaction = poolUsage(options.mapper, options.pool).transaction;
    this.#rollBack();
  }

  get records(): DeviceRecords {
    return this.#options.records;
  }

  get(id: string): Device | undefined {
    return this.#devices.get(id);
  }

  /** Errors: notFound, failedPrecondition. */
  require(id: string): Device {
    const device = this.#devices.get(id);
    if (!device) throw notFound(`storage layer ${id}: not found: devmapper: Unknown device ${id}`);
    if (device.deleted)
      throw failedPrecondition(`devmapper: device ${id} has been marked for deferred deletion`);
    return device;
  }

  /** Ids of layers, without the base. */
  ids(): string[] {
    return [...this.#devices].filter(([id, { deleted }]) => id !== BASE && !deleted).map(([id]) => id);
  }

  deletedCount(): number {
    return [...this.#devices.values()].filter(({ deleted }) => deleted).length;
  }

  name(id: string): string {
    return `${this.#options.prefix}-${id === BASE ? "base" : id}`;
  }

  #rollBack(): void {
    const { records, mapper, pool } = this.#options;
    const open = records.transaction();
    if (!open || open.open_transaction_id <= this.#transaction) return;
    try {
      mapper.message(pool, `delete ${open.device_id}`);
    } catch (error) {
      // It was not made, or is deleted already.
      if (errnoOf(error) !== "ENODATA" && errnoOf(error) !== "EINVAL") throw error;
    }
    records.removeDevice(open.device_hash);
    records.removeTransaction();
    this.#devices.delete(open.device_hash);
  }

  /** Makes an empty device. */
  create(id: string, size: number): Device {
    return this.#make(id, size, (device) => `create_thin ${device}`);
  }

  /** Makes a copy of a device, as it is now. Errors: notFound, exists, failedPrecondition when the pool is full. */
  snapshot(id: string, origin: string, size: number): Device {
    const { device_id: from } = this.require(origin);
    if (this.#devices.has(id)) throw exists(`storage layer ${id} exists already`);
    this.#requireSpace();
    const { mapper } = this.#options;
    const active = mapper.info(this.name(origin)) !== undefined;
    if (active) mapper.suspend(this.name(origin));
    try {
      return this.#make(id, size, (device) => `create_snap ${device} ${from}`);
    } finally {
      if (active) mapper.resume(this.name(origin));
    }
  }

  #make(id: string, size: number, message: (device: number) => string): Device {
    const { records, mapper, pool } = this.#options;
    for (;;) {
      const device: Device = {
        device_id: this.#freeID(),
        size,
        transaction_id: this.#transaction + 1,
        initialized: false,
        deleted: false,
      };
      this.#open(id, device.device_id);
      try {
        mapper.message(pool, message(device.device_id));
      } catch (cause) {
        // In the pool, but in no record: leave it alone and take the next.
        if (errnoOf(cause) === "EEXIST") continue;
        records.removeTransaction();
        throw new EngineError("system", `devmapper: cannot make device ${id}: ${messageOf(cause)}`, {
          cause,
        });
      }
      try {
        records.writeDevice(id, device);
        this.#close();
      } catch (error) {
        mapper.message(pool, `delete ${device.device_id}`);
        records.removeDevice(id);
        throw error;
      }
      this.#devices.set(id, device);
      return device;
    }
  }

  #freeID(): number {
    const used = new Set([...this.#devices.values()].map(({ device_id: id }) => id));
    for (let tries = 0; tries <= MAX_DEVICE_ID; tries++) {
      this.#next = (this.#next + 1) & MAX_DEVICE_ID;
      if (!used.has(this.#next)) return this.#next;
    }
    throw failedPrecondition("devmapper: Unable to find a free device ID");
  }

  #open(id: string, device: number): void {
    this.#options.records.writeTransaction({
      open_transaction_id: this.#transaction + 1,
      device_hash: id,
      device_id: device,
    });
  }

  #close(): void {
    const { mapper, pool } = this.#options;
    mapper.message(pool, `set_transaction_id ${this.#transaction} ${this.#transaction + 1}`);
    this.#transaction++;
  }

  #requireSpace(): void {
    const { mapper, pool, minFree } = this.#options;
    if (minFree === 0) return;
    const usage = poolUsage(mapper, pool);
    for (const [what, { used, total }] of [
      ["data", usage.data],
      ["metadata", usage.metadata],
    ] as const) {
      const least = Math.max(1, Math.floor((total * minFree) / 100));
      if (total - used >= least) continue;
      throw failedPrecondition(
        `devmapper: Thin Pool has ${total - used} free ${what} blocks which is less than minimum required ${least} free ${what} blocks. Create more free ${what === "data" ? "" : "metadata "}space in thin pool or use dm.min_free_space option to change behavior`,
      );
    }
  }

  /** Keeps what has been changed in a device's record. */
  update(id: string, change: Partial<Device>): void {
    const device = { ...this.require(id), ...change };
    this.#options.records.writeDevice(id, device);
    this.#devices.set(id, device);
  }

  /** Makes a device that can be opened. Errors: notFound, system. */
  activate(id: string): DeviceInfo {
    const { mapper, pool } = this.#options;
    const { device_id: device, size } = this.#devices.get(id) ?? this.require(id);
    const name = this.name(id);
    const active = mapper.info(name);
    this.#uses.set(id, (this.#uses.get(id) ?? 0) + 1);
    if (active?.deferredRemove) mapper.message(name, "@cancel_deferred_remove");
    if (active) return active;
    try {
      const on = mapper.info(pool);
      if (!on) throw failedPrecondition(`thin pool ${pool} is gone`);
      const params = `${on.major}:${on.minor} ${device}`;
      return mapper.create(name, { type: "thin", length: size, params });
    } catch (cause) {
      this.#release(id);
      throw new EngineError(
        "system",
        `devmapper: Error activating devmapper device for '${id}': ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
  }

  /** Takes the device away, at the latest when it is no longer in use. What is not active is no error. */
  async deactivate(id: string): Promise<void> {
    this.#release(id);
    if (await this.#tryDeactivate(id)) return;
    if (!this.#options.deferredRemoval)
      throw failedPrecondition(`devmapper: device ${this.name(id)} is in use`);
    ignoring("ENXIO", () => this.#options.mapper.remove(this.name(id), { deferred: true }));
  }

  #release(id: string): void {
    const uses = (this.#uses.get(id) ?? 0) - 1;
    if (uses > 0) this.#uses.set(id, uses);
    else this.#uses.delete(id);
  }

  /** False if it is still in use after a while; true also if somebody wants it again meanwhile. */
  async #tryDeactivate(id: string): Promise<boolean> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        if (this.#uses.has(id) || this.#options.mapper.info(this.name(id)) === undefined) return true;
        this.#options.mapper.remove(this.name(id));
        return true;
      } catch (error) {
        if (errnoOf(error) === "ENXIO") return true;
        if (errnoOf(error) !== "EBUSY") throw error;
        if (performance.now() > deadline) return false;
        await Bun.sleep(PAUSE_MS);
      }
    }
  }

  /** Deletes a device; one in use goes when this is called again, or at the next start. */
  async delete(id: string): Promise<void> {
    const device = this.#devices.get(id);
    if (!device) return;
    this.#uses.delete(id);
    const inactive = await this.#tryDeactivate(id);
    if (inactive && this.#deleteNow(id, device)) return;
    if (!this.#options.deferredDeletion)
      throw failedPrecondition(`failed to remove device ${id}: it is in use`);
    if (!device.deleted) this.update(id, { deleted: true });
    ignoring("ENXIO", () => this.#options.mapper.remove(this.name(id), { deferred: true }));
  }

  #deleteNow(id: string, device: Device): boolean {
    const { records, mapper, pool } = this.#options;
    this.#open(id, device.device_id);
    try {
      mapper.message(pool, `delete ${device.device_id}`);
    } catch (error) {
      if (errnoOf(error) === "EBUSY") {
        records.removeTransaction();
        return false;
      }
      // A pool that does not have it has lost it before.
      if (errnoOf(error) !== "ENODATA") throw error;
    }
    records.removeDevice(id);
    this.#devices.delete(id);
    this.#close();
    return true;
  }

  /** Tries those again that were in use when they were to be deleted. */
  async deletePending(): Promise<void> {
    for (const [id, device] of [...this.#devices])
      if (device.deleted && this.#options.mapper.info(this.name(id)) === undefined)
        this.#deleteNow(id, device);
  }

  /** Keeps where the search for free ids goes on. */
  save(change: { uuid?: string; filesystem?: string } = {}): void {
    const { records } = this.#options;
    const before = records.set();
    records.writeSet({
      next_device_id: this.#next,
      BaseDeviceUUID: change.uuid ?? before.BaseDeviceUUID,
      BaseDeviceFilesystem: change.filesystem ?? before.BaseDeviceFilesystem,
    });
  }
}

function ignoring(code: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (errnoOf(error) !== code) throw error;
  }
}
