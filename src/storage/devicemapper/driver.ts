import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { TarObserver } from "../../archive/tar/reader.ts";
import { unpack, type Whiteouts } from "../../archive/unpack.ts";
import { errnoOf, failedPrecondition, invalidArgument, messageOf, systemError } from "../../errors/errors.ts";
import { devicePath } from "../../linux/device-mapper.ts";
import { closeFd, writeControlFile } from "../../linux/fd.ts";
import { hostRoot, type IDMap } from "../../linux/id-map.ts";
import { MNT, unmount } from "../../linux/mount.ts";
import { openInRoot, openRoot } from "../../linux/openat2.ts";
import { humanSize, parseSize } from "../../units/size.ts";
import type { Change, CreateLayerOptions, StorageDriver } from "../driver.ts";
import { checkLayerID } from "../layer-id.ts";
import { folderSize } from "../size.ts";
import { NaiveDiff } from "../trees/naive-diff.ts";
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
export class DeviceMapper implements StorageDriver {
  readonly name = "devicemapper";
  readonly independentLayers = false;
  readonly #root: string;
  readonly ids: IDMap | undefined;
  readonly #options: Options;
  readonly #pool: Pool;
  readonly #devices: DeviceSet;
  readonly #naive: NaiveDiff;
  /** Layer id → how often it is mounted. */
  readonly #mounts = new Map<string, number>();

  private constructor(root: string, options: Options) {
    this.#root = root;
    this.#options = options;
    this.ids = options.ids;
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
    this.#naive = new NaiveDiff(this);
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

  async remove(id: string): Promise<void> {
    checkLayerID(id);
    if (id === BASE || !this.#devices.get(id)) return;
    this.#mounts.delete(id);
    this.#unmount(id);
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

  #mountPoint(id: string): string {
    return join(this.#root, "mnt", checkLayerID(id));
  }

  async mount(id: string): Promise<string> {
    const target = this.#mountPoint(id);
    const count = this.#mounts.get(id) ?? 0;
    this.#mounts.set(id, count + 1);
    try {
      if (count === 0 && !isMountPoint(target)) await this.#mountNow(id, target);
    } catch (error) {
      this.#mounts.delete(id);
      throw error;
    }
    return join(target, "rootfs");
  }

  async #mountNow(id: string, target: string): Promise<void> {
    this.#devices.require(id);
    const info = this.#devices.activate(id);
    try {
      mkdirSync(target, { recursive: true, mode: 0o755 });
      const { type } = readSuperblock(devicePath(info));
      mountDevice(devicePath(info), target, type, this.#options.mountOptions);
      if (type === "xfs") this.#setRetries(info.minor);
      this.#makeRootfs(join(target, "rootfs"));
      // Tells whose device it is, if ever all records are lost.
      const note = join(target, "id");
      if (!existsSync(note)) writeFileSync(note, id, { mode: 0o600 });
    } catch (cause) {
      this.#unmount(id);
      await this.#devices.deactivate(id);
      throw systemError(`devmapper: cannot mount device ${id} on ${target}: ${messageOf(cause)}`, { cause });
    }
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

  async unmount(id: string): Promise<void> {
    const count = this.#mounts.get(id) ?? 0;
    if (count > 1) {
      this.#mounts.set(id, count - 1);
      return;
    }
    this.#mounts.delete(id);
    this.#unmount(id);
    await this.#devices.deactivate(id);
  }

  /** Takes the mount point away as well, which undoes the mount in every other mount namespace. */
  #unmount(id: string): void {
    const target = this.#mountPoint(id);
    try {
      unmount(target, MNT.DETACH);
    } catch (error) {
      if (errnoOf(error) !== "EINVAL" && errnoOf(error) !== "ENOENT") throw error;
    }
    try {
      rmdirSync(target);
    } catch (error) {
      if (!["ENOENT", "ENOTEMPTY", "EBUSY"].includes(errnoOf(error) ?? "")) throw error;
    }
  }

  async metadata(id: string): Promise<Record<string, string>> {
    const { device_id: device, size } = this.#devices.require(id);
    return { DeviceId: String(device), DeviceName: this.#devices.name(id), DeviceSize: String(size) };
  }

  async access(id: string): Promise<AsyncDisposable> {
    await this.mount(id);
    return { [Symbol.asyncDispose]: () => this.unmount(id) };
  }

  async applyDiff(id: string, tar: AsyncIterable<Uint8Array>, observer?: TarObserver): Promise<number> {
    await using _ = await this.access(id);
    const { folder, whiteouts } = this.diffTarget(id);
    return await unpack(tar, folder, { whiteouts, ids: this.ids, ...(observer ? { observer } : {}) });
  }

  diffTarget(id: string): { folder: string; whiteouts: Whiteouts } {
    return { folder: join(this.#mountPoint(id), "rootfs"), whiteouts: "remove" };
  }

  openFile(id: string, name: string): number {
    const root = openRoot(this.diffTarget(id).folder);
    try {
      return openInRoot(root, name, 0);
    } finally {
      closeFd(root);
    }
  }

  diff(id: string, parent: string | undefined): AsyncIterable<Uint8Array> {
    return this.#naive.diff(id, parent);
  }

  changes(id: string, parent: string | undefined): Promise<Change[]> {
    return this.#naive.changes(id, parent);
  }

  async diffSize(id: string, parent: string | undefined): Promise<number> {
    if (parent !== undefined) return this.#naive.size(id, parent);
    await using _ = await this.access(id);
    return folderSize(this.diffTarget(id).folder);
  }

  async cleanup(): Promise<void> {
    this.#devices.save();
    const folder = join(this.#root, "mnt");
    for (const id of existsSync(folder) ? readdirSync(folder) : []) {
      this.#unmount(id);
      if (this.#devices.get(id)) await this.#devices.deactivate(id);
    }
    this.#mounts.clear();
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

function isMountPoint(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && stat.dev !== statSync(join(path, "..")).dev;
}

function sizeAsked(given: Record<string, string>): number | undefined {
  for (const key of Object.keys(given))
    if (key.toLowerCase() !== "size")
      throw invalidArgument(`Unknown option ${key} (devicemapper knows: size)`);
  const size = given["size"] ?? given["Size"];
  return size === undefined ? undefined : parseSize(size);
}
