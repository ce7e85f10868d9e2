import { statfsSync } from "node:fs";
import { humanSize } from "../../units/size.ts";
import type { DeviceSet } from "./device-set.ts";
import type { Mapper } from "./mapper.ts";
import type { DeviceMapperOptions } from "./options.ts";
import { METADATA_BLOCK, type Pool, poolUsage, type Usage } from "./pool.ts";
import { BASE } from "./records.ts";

export interface StatusSources {
  pool: Pool;
  devices: DeviceSet;
  mapper: Mapper;
  options: DeviceMapperOptions;
  /** Of the kernel's interface. */
  version: string;
}

/** The rows of `docker info`, in stock's words and order. */
export function deviceMapperStatus({
  pool,
  devices,
  mapper,
  options,
  version,
}: StatusSources): [string, string][] {
  const { data, metadata, blockSize } = poolUsage(mapper, pool.name);
  const files: [string, string | undefined][] = [
    ["Data file", pool.dataDevice],
    ["Metadata file", pool.metadataDevice],
    ["Data loop file", pool.dataFile],
    ["Metadata loop file", pool.metadataFile],
  ];
  return [
    ["Pool Name", pool.name],
    ["Pool Blocksize", humanSize(blockSize)],
    ["Base Device Size", humanSize(devices.get(BASE)?.size ?? 0)],
    ["Backing Filesystem", devices.records.set().BaseDeviceFilesystem],
    // Never out of step: the nodes in use are the kernel's own.
    ["Udev Sync Supported", "true"],
    ...files.filter((row): row is [string, string] => row[1] !== undefined),
    ...space("Data", data, blockSize, pool.dataFile),
    ...space("Metadata", metadata, METADATA_BLOCK, pool.metadataFile),
    ["Thin Pool Minimum Free Space", humanSize(Math.floor((data.total * options.minFree) / 100) * blockSize)],
    ["Deferred Removal Enabled", String(options.deferredRemoval)],
    ["Deferred Deletion Enabled", String(options.deferredDeletion)],
    ["Deferred Deleted Device Count", String(devices.deletedCount())],
    ["Library Version", `none, kernel ${version}`],
  ];
}

function space(
  what: string,
  { used, total }: Usage,
  block: number,
  file: string | undefined,
): [string, string][] {
  const free = (total - used) * block;
  return [
    [`${what} Space Used`, humanSize(used * block)],
    [`${what} Space Total`, humanSize(total * block)],
    [`${what} Space Available`, humanSize(file === undefined ? free : Math.min(free, freeBehind(file)))],
  ];
}

/** A sparse file cannot grow beyond what its own file system has left. */
function freeBehind(file: string): number {
  const { bfree, bsize } = statfsSync(file);
  return bfree * bsize;
}
