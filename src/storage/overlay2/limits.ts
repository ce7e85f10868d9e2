import { failedPrecondition, invalidArgument } from "../../errors/errors.ts";
import { parseSize } from "../../units/size.ts";
import type { CreateLayerOptions } from "../driver.ts";
import { backingFileSystem } from "../filesystem.ts";
import { ProjectQuotas } from "../quota.ts";

/** How much containers may write, where the backing file system can count that. */
export interface Limits {
  /** Bytes; 0 for no limit. Errors: invalidArgument. */
  of(options: CreateLayerOptions): number;
  /** Limits a layer's folder that is empty still. */
  set(folder: string, bytes: number): void;
  /** Before the folder goes. */
  lift(folder: string): void;
}

/** Where there are no project quotas. */
export const NO_LIMITS: Limits = {
  of({ storageOpt = {} }) {
    if (sizeIn(storageOpt) === undefined) return 0;
    throw invalidArgument(
      "--storage-opt is supported only for overlay over xfs with 'pquota' mount option, or ext4 with 'prjquota'",
    );
  },
  set() {},
  lift() {},
};

/** `size` is overlay2.size. Errors: failedPrecondition where that is given and cannot be kept. */
export function overlayLimits(root: string, size: string | undefined): Limits {
  const backing = backingFileSystem(root);
  const fallback = size === undefined ? 0 : parseSize(size);
  if (backing !== "xfs" && backing !== "extfs") {
    if (fallback > 0)
      throw failedPrecondition(
        `Storage Option overlay2.size only supported for backingFS XFS. Found ${backing} (or ext4 with project quotas)`,
      );
    return NO_LIMITS;
  }
  if (fallback === 0) {
    const quotas = ProjectQuotas.tryOpen(root);
    return quotas ? quotaLimits(quotas, 0) : NO_LIMITS;
  }
  try {
    return quotaLimits(ProjectQuotas.open(root), fallback);
  } catch (cause) {
    throw failedPrecondition(
      `Storage option overlay2.size not supported. ${(cause as Error).message} (mount the ${backing} file system of ${root} with ${backing === "xfs" ? "pquota" : "prjquota, after `tune2fs -O project,quota`"})`,
      { cause },
    );
  }
}

function quotaLimits(quotas: ProjectQuotas, fallback: number): Limits {
  return {
    of({ storageOpt = {}, writable = false }) {
      const size = sizeIn(storageOpt);
      if (size === undefined) return writable ? fallback : 0;
      if (!writable) throw invalidArgument("--storage-opt size is only supported for ReadWrite Layers");
      return parseSize(size);
    },
    set: (folder, bytes) => quotas.limit(folder, bytes),
    lift: (folder) => quotas.lift(folder),
  };
}

function sizeIn(options: Record<string, string>): string | undefined {
  for (const option of Object.keys(options))
    if (option.toLowerCase() !== "size") throw invalidArgument(`Unknown option ${option}`);
  return Object.values(options)[0];
}
