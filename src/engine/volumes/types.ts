import type { Volume } from "../../api/schema.ts";

/**
 * Named volumes. A volume is in use while a container refers to it (not only while one runs).
 * The local driver keeps <data-root>/volumes/<name>/_data, with opts.json beside it, as moby does.
 */
export interface VolumeStore {
  /**
   * Makes the volume, or returns the one that is there. Errors: conflict when it is there with another driver or
   * options, invalidArgument for a bad name or option, notFound for an unknown driver. An empty name makes an anonymous volume.
   */
  create(request: VolumeCreate): Promise<Volume>;
  /** Errors: notFound ("get x: no such volume"). */
  get(name: string): Volume;
  list(): Volume[];
  /** Errors: notFound; conflict ("remove x: volume is in use - [ids]"); force makes notFound a success. */
  remove(name: string, force?: boolean): Promise<void>;
  /** Makes the content available and returns its path on the host; each mount needs an unmount. */
  mount(name: string, holder: string): Promise<string>;
  unmount(name: string, holder: string): Promise<void>;
  /** Notes that container `holder` refers to the volume. */
  reference(name: string, holder: string): void;
  /** Forgets it, for one volume, or for all if `name` is undefined. */
  release(holder: string, name?: string): void;
  holders(name: string): string[];
}

export interface VolumeCreate {
  Name?: string;
  Driver?: string;
  DriverOpts?: Record<string, string>;
  Labels?: Record<string, string>;
}

/**
 * Whether what a volume holds is on this host and its own: not behind a plugin, nor something mounted by its options. Only
 * such volumes are pruned, and counted by `docker system df`.
 */
export function isPlain({ Driver, Options }: Volume): boolean {
  return Driver === "local" && Object.keys(Options ?? {}).length === 0;
}
