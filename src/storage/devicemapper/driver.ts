import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, failedPrecondition, invalidArgument } from "../../errors/errors.ts";
import { devicePath } from "../../linux/device-mapper.ts";
import { writeControlFile } from "../../linux/fd.ts";
import { hostRoot, type IDMap } from "../../linux/id-map.ts";
import { humanSize, parseSize } from "../../units/size.ts";
import type { CreateLayerOptions } from "../driver.ts";
import { MountedDriver } from "../mounted/driver.ts";
import { DeviceSet } from "./device-set.ts";
import { SETUP_NOTE } from "./direct-lvm.ts";
import {
  defaultFileSystem,
  growFileSystem,
  makeFileSystem,
  mountDevice,
  readSuperblock,
} from "./filesystem.ts";
import { kernelMapper } from "./mapper.ts";
import { DEFAULT_BASE_SIZE, type DeviceMapperOptions } from "./options.ts";
import { devicePrefix, openPool, type Pool, poolUsage } from "./pool.ts";
import { BASE, DeviceRecords } from "./records.ts";
import { deviceMapperStatus } from "./status.ts";

interface Options extends DeviceMapperOptions {
  /** Of the kernel's interface. */
  version: string;
  ids: IDMap | undefined;
}

/**
 * Layers as thin devices of one pool, each a snapshot of the one below, with a file system on it; laid out as moby's:
 * <root>/metadata/<id>, <root>/mnt/<id>/{rootfs,id}, and <root>/devicemapper/{data,metadata} for a pool on loop devices.
 */
export class DeviceMapper extends MountedDriver {
  readonly name = "devicemapper";
  readonly #root: string;
  readonly #options: Options;
  readonly #pool: Pool;
  readonly #devices: DeviceSet;

  private constructor(root: string, options: Options) {
    super(join(root, "mnt"), options.ids);
    this.#root = root;
    this.#options = options;
    mkdirSync(root, { recursive: true, mode: 0o710 });
    chownSync(root, 0, hostRoot(this.ids).gid);
    this.#pool = openPool(root, options, kernelMapper);
    this.#devices = new DeviceSet({
      ...options,
      pool: this.#pool.name,
      prefix: devicePrefix(root),
      records: new DeviceRecords(root),
      mapper: kernelMapper,
    });
  }

  /** `root` is <data-root>/devicemapper. Errors: failedPrecondition, system. */
  static async open(root: string, options: Options): Promise<DeviceMapper> {
    const isNew = !existsSync(root);
    let driver: DeviceMapper | undefined;
    try {
      driver = new DeviceMapper(root, options);
      await driver.#devices.deletePending();
      await driver.#prepareBase();
      return driver;
    } catch (error) {
      await driver?.cleanup();
      // A pool that LVM has been made to set up would not be known again without its note.
      if (isNew && !existsSync(join(root, SETUP_NOTE))) rmSync(root, { recursive: true, force: true });
      throw error;
    }
  }

  status(): [string, string][] {
    return deviceMapperStatus({
      pool: this.#pool,
      devices: this.#devices,
      mapper: kernelMapper,
      options: this.#options,
      version: this.#options.version,
    });
  }

  async #prepareBase(): Promise<void> {
    const base = this.#devices.get(BASE);
    if (base?.initialized && !base.deleted) {
      await this.#checkBase();
      return this.#growBase(base.size);
    }
    if (base) await this.#devices.delete(BASE);
    else this.#refuseForeignPool();
    this.#devices.create(BASE, this.#options.baseSize ?? DEFAULT_BASE_SIZE);
    const type = this.#options.filesystem ?? defaultFileSystem();
    await this.#withDevice(BASE, async (device) => {
      await makeFileSystem(device, type, this.#options.mkfsArgs);
      this.#devices.update(BASE, { initialized: true });
      this.#devices.save({ uuid: readSuperblock(device).uuid, filesystem: type });
    });
  }

  #refuseForeignPool(): void {
    if (this.#pool.own) return;
    const { data, transaction } = poolUsage(kernelMapper, this.#pool.name);
    const take = `devmapper: Unable to take ownership of thin-pool (${this.#pool.name})`;
    if (data.used !== 0)
      throw failedPrecondition(
        `${take} that already has used data blocks: give one that is new, by dm.thinpooldev`,
      );
    if (transaction !== 0)
      throw failedPrecondition(
        `${take} with non-zero transaction ID: give one that is new, by dm.thinpooldev`,
      );
  }

  /** The pool must be the one that the records are of. */
  async #checkBase(): Promise<void> {
    const known = this.#devices.records.set();
    await this.#withDevice(BASE, async (device) => {
      const { uuid, type } = readSuperblock(device);
      if (known.BaseDeviceUUID !== "" && known.BaseDeviceUUID !== uuid)
        throw failedPrecondition(
          `devmapper: Base Device UUID and Filesystem verification failed: devmapper: Current Base Device UUID:${uuid} does not match with stored UUID:${known.BaseDeviceUUID}. Possibly using a different thin pool than last invocation`,
        );
      if (known.BaseDeviceUUID === "" || known.BaseDeviceFilesystem === "")
        this.#devices.save({ uuid, filesystem: type });
    });
  }

  async #growBase(size: number): Promise<void> {
    const { baseSize = size } = this.#options;
    if (baseSize < size)
      throw invalidArgument(`devmapper: Base device size cannot be smaller than ${humanSize(size)}`);
    if (baseSize === size) return;
    this.#devices.update(BASE, { size: baseSize });
    await this.#grow(BASE);
  }

  #grow(id: string): Promise<void> {
    return this.#withDevice(id, (device) =>
      growFileSystem(device, join(this.#root, "mnt"), this.#options.mountOptions),
    );
  }

  async #withDevice<T>(id: string, use: (path: string) => Promise<T>): Promise<T> {
    const path = devicePath(this.#devices.activate(id));
    try {
      return await use(path);
    } finally {
      await this.#devices.deactivate(id);
    }
  }

  async create(id: string, parent: string | undefined, options: CreateLayerOptions = {}): Promise<void> {
    const { size: least } = this.#devices.require(parent ?? BASE);
    const size = sizeAsked(options.storageOpt ?? {}) ?? least;
    if (size < least)
      throw invalidArgument(`devmapper: Container size cannot be smaller than ${humanSize(least)}`);
    this.#devices.snapshot(id, parent ?? BASE, size);
    if (size === least) return;
    try {
      await this.#grow(id);
    } catch (error) {
      await this.remove(id);
      throw error;
    }
  }

  async exists(id: string): Promise<boolean> {
    const device = this.#devices.get(id);
    return id !== BASE && device !== undefined && !device.deleted;
  }

  async list(): Promise<string[]> {
    return this.#devices.ids();
  }

  protected async destroy(id: string): Promise<void> {
    if (this.#options.discard) await this.#discard(id);
    await this.#devices.delete(id);
    await this.#devices.deletePending();
  }

  /** The pool keeps blocks that are freed; this way the file behind it gets smaller again. */
  async #discard(id: string): Promise<void> {
    if (Bun.which("blkdiscard") === null) return;
    const info = this.#devices.activate(id);
    if (info.openCount > 0) return;
    const child = Bun.spawn(["blkdiscard", devicePath(info)], { stdout: "ignore", stderr: "ignore" });
    await child.exited;
  }

  protected override root(id: string): string {
    return join(this.mountPoint(id), "rootfs");
  }

  protected async mountOn(id: string, target: string): Promise<void> {
    this.#devices.require(id);
    const info = this.#devices.activate(id);
    try {
      const { type } = readSuperblock(devicePath(info));
      mountDevice(devicePath(info), target, type, this.#options.mountOptions);
      if (type === "xfs") this.#setRetries(info.minor);
      this.#makeRootfs(this.root(id));
      // Tells whose device it is, if ever all records are lost.
      const note = join(target, "id");
      if (!existsSync(note)) writeFileSync(note, id, { mode: 0o600 });
    } catch (error) {
      this.detach(target);
      await this.#devices.deactivate(id);
      throw error;
    }
  }

  protected override async released(id: string): Promise<void> {
    if (this.#devices.get(id)) await this.#devices.deactivate(id);
  }

  #makeRootfs(path: string): void {
    if (existsSync(path)) return;
    mkdirSync(path, { mode: 0o755 });
    const { uid, gid } = hostRoot(this.ids);
    chownSync(path, uid, gid);
  }

  #setRetries(minor: number): void {
    const { xfsRetries } = this.#options;
    if (xfsRetries === undefined) return;
    writeControlFile(`/sys/fs/xfs/dm-${minor}/error/metadata/ENOSPC/max_retries`, xfsRetries);
  }

  async metadata(id: string): Promise<Record<string, string>> {
    const { device_id: device, size } = this.#devices.require(id);
    return { DeviceId: String(device), DeviceName: this.#devices.name(id), DeviceSize: String(size) };
  }

  override async cleanup(): Promise<void> {
    this.#devices.save();
    await super.cleanup();
    await this.#devices.deactivate(BASE);
    if (this.#pool.own) removePool(this.#pool.name);
  }
}

/** A pool with devices that are still in use stays, and is found at the next start. */
function removePool(name: string): void {
  try {
    kernelMapper.remove(name);
  } catch (error) {
    if (errnoOf(error) !== "EBUSY" && errnoOf(error) !== "ENXIO") throw error;
  }
}

function sizeAsked(given: Record<string, string>): number | undefined {
  for (const key of Object.keys(given))
    if (key.toLowerCase() !== "size")
      throw invalidArgument(`Unknown option ${key} (devicemapper knows: size)`);
  const size = given["size"] ?? given["Size"];
  return size === undefined ? undefined : parseSize(size);
}
