import { invalidArgument } from "../../errors/errors.ts";
import { parseSize } from "../../units/size.ts";

const GIB = 1 << 30;

/** A pool to be made by LVM, as setup-config.json has it; percents, 0 where stock's own shall be taken. */
export interface DirectLVM {
  Device: string;
  ThinpPercent: number;
  ThinpMetaPercent: number;
  AutoExtendPercent: number;
  AutoExtendThreshold: number;
}

/** What `--storage-opt dm.…` sets; sizes in bytes. */
export interface DeviceMapperOptions {
  /** A thin pool that is there already (direct-lvm), by its device mapper name. */
  pool?: string;
  /** Block devices to make the pool of, in place of files on loop devices. */
  dataDevice?: string;
  metadataDevice?: string;
  loopDataSize: number;
  loopMetadataSize: number;
  /** Of a container's file system; undefined: 10 GiB for a new pool, else what it has. */
  baseSize?: number;
  filesystem?: "ext4" | "xfs";
  mkfsArgs: string[];
  mountOptions: string[];
  blockSize: number;
  /** Give blocks of removed layers back to the file behind the pool. */
  discard: boolean;
  /** Percent of the pool that must be free for a new layer. */
  minFree: number;
  deferredRemoval: boolean;
  deferredDeletion: boolean;
  xfsRetries?: string;
  directLVM?: DirectLVM;
  /** What is on the device may be lost. */
  directLVMForce: boolean;
}

export const DEFAULT_BASE_SIZE = 10 * GIB;

/** Handlers by key without "dm."; each sets what its value says. */
const HANDLERS: Record<string, (options: Draft, value: string, key: string) => void> = {
  basesize: (o, value) => (o.baseSize = parseSize(value)),
  loopdatasize: (o, value) => (o.loopDataSize = parseSize(value)),
  loopmetadatasize: (o, value) => (o.loopMetadataSize = parseSize(value)),
  fs: (o, value) => {
    if (value !== "ext4" && value !== "xfs")
      throw invalidArgument(`devmapper: Unsupported filesystem ${value} (known: ext4, xfs)`);
    o.filesystem = value;
  },
  mkfsarg: (o, value) => o.mkfsArgs.push(value),
  mountopt: (o, value) => o.mountOptions.push(...value.split(",").filter(Boolean)),
  metadatadev: (o, value) => (o.metadataDevice = value),
  datadev: (o, value) => (o.dataDevice = value),
  thinpooldev: (o, value) => (o.pool = value.replace(/^\/dev\/mapper\//, "")),
  blkdiscard: (o, value, key) => (o.askedDiscard = yesNo(value, key)),
  blocksize: (o, value) => (o.blockSize = parseSize(value)),
  use_deferred_removal: (o, value, key) => (o.deferredRemoval = yesNo(value, key)),
  use_deferred_deletion: (o, value, key) => (o.deferredDeletion = yesNo(value, key)),
  min_free_space: (o, value) => (o.minFree = percent(value)),
  xfs_nospace_max_retries: (o, value) => {
    if (!/^\d+$/.test(value))
      throw invalidArgument(`devmapper: dm.xfs_nospace_max_retries=${value}: want a number`);
    o.xfsRetries = value;
  },
  directlvm_device: (o, value) => (lvm(o).Device = value),
  directlvm_device_force: (o, value, key) => (o.directLVMForce = yesNo(value, key)),
  thinp_percent: (o, value, key) => (lvm(o).ThinpPercent = share(value, key, 99)),
  thinp_metapercent: (o, value, key) => (lvm(o).ThinpMetaPercent = share(value, key, 99)),
  thinp_autoextend_percent: (o, value, key) => (lvm(o).AutoExtendPercent = share(value, key, 100)),
  thinp_autoextend_threshold: (o, value, key) => (lvm(o).AutoExtendThreshold = share(value, key, 100)),
  // There is nothing to override: no udev is waited for. And no library that would log.
  override_udev_sync_check: (_, value, key) => void yesNo(value, key),
  libdm_log_level: (_, value) => {
    if (!/^[2-7]$/.test(value)) throw invalidArgument("dm.libdm_log_level must be in range [2,7]");
  },
};

type Draft = DeviceMapperOptions & { askedDiscard?: boolean };

function lvm(options: DeviceMapperOptions): DirectLVM {
  options.directLVM ??= {
    Device: "",
    ThinpPercent: 0,
    ThinpMetaPercent: 0,
    AutoExtendPercent: 0,
    AutoExtendThreshold: 0,
  };
  return options.directLVM;
}

/** "95" or "95%". */
function share(value: string, key: string, most: number): number {
  const number = Number(/^(\d+)%?$/.exec(value)?.[1] ?? Number.NaN);
  if (Number.isNaN(number)) throw invalidArgument(`devmapper: could not parse \`dm.${key}=${value}\``);
  if (number > most) throw invalidArgument(`dm.${key} must be greater than 0 and less than 100`);
  return number;
}

/** In stock's words. */
function checkDirectLVM({ directLVM, pool }: DeviceMapperOptions): void {
  if (!directLVM) return;
  const { Device, ThinpPercent, ThinpMetaPercent } = directLVM;
  if (Device === "")
    throw invalidArgument(
      "must provide device path in `dm.directlvm_device` in order to configure direct-lvm",
    );
  if (ThinpPercent > 0 !== ThinpMetaPercent > 0)
    throw invalidArgument(
      "must set both `dm.thinp_percent` and `dm.thinp_metapercent` if either is specified",
    );
  if (ThinpPercent + ThinpMetaPercent > 100)
    throw invalidArgument(
      "combined `dm.thinp_percent` and `dm.thinp_metapercent` must not be greater than 100",
    );
  if (pool !== undefined)
    throw invalidArgument("cannot setup direct-lvm when `dm.thinpooldev` is also specified");
}

/** Errors: invalidArgument for what is not known, or cannot be. */
export function deviceMapperOptions(given: string[]): DeviceMapperOptions {
  const draft: Draft = {
    loopDataSize: 100 * GIB,
    loopMetadataSize: 2 * GIB,
    mkfsArgs: [],
    mountOptions: [],
    blockSize: 64 << 10,
    discard: true,
    minFree: 10,
    deferredRemoval: true,
    deferredDeletion: true,
    directLVMForce: false,
  };
  for (const text of given) {
    const [, key, value] = /^dm\.([^=]+)=(.*)$/.exec(text) ?? [];
    if (key === undefined || value === undefined)
      throw invalidArgument(`devmapper: unable to parse key/value option: ${text}`);
    const name = key.trim().toLowerCase();
    const handle = Object.hasOwn(HANDLERS, name) ? HANDLERS[name] : undefined;
    if (!handle) throw invalidArgument(`devmapper: Unknown option dm.${name}`);
    handle(draft, value.trim(), name);
  }
  if (draft.deferredDeletion && !draft.deferredRemoval) {
    if (given.some((text) => text.startsWith("dm.use_deferred_deletion=")))
      throw invalidArgument(
        "devmapper: Deferred deletion can not be enabled as deferred removal is not enabled. Enable deferred removal using --storage-opt dm.use_deferred_removal=true parameter",
      );
    draft.deferredDeletion = false;
  }
  const { askedDiscard, ...options } = draft;
  checkDirectLVM(options);
  // On real devices it costs much and gains little.
  const raw = [options.pool, options.dataDevice, options.directLVM].some((device) => device !== undefined);
  return { ...options, discard: askedDiscard ?? !raw };
}

function yesNo(value: string, key: string): boolean {
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw invalidArgument(`devmapper: dm.${key}=${value}: want true or false`);
}

function percent(value: string): number {
  if (!value.endsWith("%")) throw invalidArgument("devmapper: Option dm.min_free_space requires % suffix");
  const number = Number(value.slice(0, -1));
  if (!Number.isInteger(number) || number < 0 || number >= 100)
    throw invalidArgument(`devmapper: Invalid value ${value} for option dm.min_free_space`);
  return number;
}
