import type { TarObserver } from "../archive/tar/reader.ts";
import type { Whiteouts } from "../archive/unpack.ts";
import type { IDMap } from "../linux/id-map.ts";

/**
 * A storage driver keeps layers as directories and makes the root file system of a container from them.
 *
 * Words: a *layer id* here is the driver's own name for a directory (moby's cache-id: 64 hex digits, or a
 * container's mount id, or that with "-init"); which image layer it holds is the layer store's business.
 * Life of a layer: create → (mount ↔ unmount)* → remove. A layer is never changed once it has a child.
 * The caller serialises calls for one layer id; calls for different ids may run at the same time.
 * Every operation is all or nothing: a failed create leaves no directory behind.
 */
export interface StorageDriver {
  /** "overlay2", "vfs", ... as `docker info` shows it. */
  readonly name: string;
  /** Layers belong to the ids that those of containers are mapped to; tars name the containers' own. */
  readonly ids: IDMap | undefined;
  /** Pairs for `docker info`, such as ["Backing Filesystem", "extfs"]. */
  status(): [string, string][];
  /** Makes an empty layer on top of `parent`. Errors: exists. */
  create(id: string, parent: string | undefined, options?: CreateLayerOptions): Promise<void>;
  exists(id: string): Promise<boolean>;
  /** All layer ids on disk, for reconciliation at start. */
  list(): Promise<string[]>;
  /** Removes the layer, mounted or not; removing what is not there is no error. */
  remove(id: string): Promise<void>;
  /** Mounts the layer over its ancestors and returns the path of the whole. Counted: n mounts need n unmounts. */
  mount(id: string, options?: MountLayerOptions): Promise<string>;
  unmount(id: string): Promise<void>;
  /** What `docker inspect` shows as GraphDriver.Data. */
  metadata(id: string): Promise<Record<string, string>>;
  /**
   * Unpacks an uncompressed layer tar (with .wh. entries) into `id`; resolves to the bytes of file content written.
   * `observer` is told of every byte, for the record from which the tar can be put together again (tar-split).
   */
  applyDiff(id: string, tar: AsyncIterable<Uint8Array>, observer?: TarObserver): Promise<number>;
  /**
   * Has the layer's own files within reach of diffTarget() and openFile() until what it gives is disposed of: mounts it,
   * where they cannot be reached otherwise.
   */
  access(id: string): Promise<AsyncDisposable>;
  /** Where applyDiff would unpack to, for a process that does it in the driver's place; see access(). */
  diffTarget(id: string): { folder: string; whiteouts: Whiteouts };
  /** True if a layer can be filled while the one below it is not yet. */
  readonly independentLayers: boolean;
  /** Opens a file that the layer itself holds, by its name in the tar; never outside of the layer; see access(). Errors: ENOENT. */
  openFile(id: string, name: string): number;
  /** The layer against its parent, as an uncompressed tar with .wh. entries. */
  diff(id: string, parent: string | undefined): AsyncIterable<Uint8Array>;
  changes(id: string, parent: string | undefined): Promise<Change[]>;
  /** Bytes that the layer holds itself. */
  diffSize(id: string, parent: string | undefined): Promise<number>;
  /** Unmounts what the driver itself has mounted; the daemon is going down. */
  cleanup(): Promise<void>;
}

/** What access() gives where layers are plain folders. */
export const ALWAYS_WITHIN_REACH: AsyncDisposable = { async [Symbol.asyncDispose]() {} };

export interface CreateLayerOptions {
  /** --storage-opt, such as { size: "10G" }. Errors: invalidArgument for a key the driver does not know. */
  storageOpt?: Record<string, string>;
  /** True for a container's own layer, false or absent for an image layer. */
  writable?: boolean;
}

export interface MountLayerOptions {
  /** What is written need not survive the machine's death; it is not synchronised to the disk at the unmount. */
  unsynced?: boolean;
}

/** Engine API numbers of `docker diff`: 0 modified, 1 added, 2 deleted. */
export const ChangeKind = { modified: 0, added: 1, deleted: 2 } as const;
export interface Change {
  /** Absolute path in the container. */
  path: string;
  kind: (typeof ChangeKind)[keyof typeof ChangeKind];
}
