/**
 * What the image side offers to the engine. Words as in the OCI image specification: a *diffID* is the
 * sha256 of a layer's uncompressed tar; a *chainID* names a layer on top of all below it; an *image id* is
 * the sha256 of the image configuration's exact bytes.
 */
import type { IDMap } from "../linux/id-map.ts";
import type { Change } from "../storage/driver.ts";
import type { Growth } from "./layers/growing.ts";
import type { Unpacked } from "./layers/unpack.ts";

/** "sha256:<64 hex>" */
export type Digest = string;

/** A layer of an image; read-only, shared by all images that stand on it, kept while referenced. */
export interface Layer {
  readonly chainID: Digest;
  readonly diffID: Digest;
  readonly parent: Layer | undefined;
  /** Bytes of this layer alone. */
  readonly diffSize: number;
  /** Bytes of this layer and all below. */
  readonly size: number;
  /** If registries may not keep it: where else it is, as the manifest that it came by says. */
  readonly foreign?: ForeignBlob | undefined;
  /** GraphDriver.Data. */
  metadata(): Promise<Record<string, string>>;
  /** The uncompressed tar, bit-exact (tar-split): its sha256 is the diffID. */
  tarStream(): AsyncIterable<Uint8Array>;
  /** Bytes of that tar, found without reading the content. */
  tarSize(): Promise<number>;
}

/** A blob of a foreign layer: media type, size, digest and URLs (image-spec descriptor.md). */
export interface ForeignBlob {
  mediaType: string;
  size: number;
  digest: Digest;
  urls: string[];
}

/** The writable layer of a container. */
export interface RWLayer {
  /** The container's id. */
  readonly name: string;
  readonly parent: Layer | undefined;
  mount(): Promise<string>;
  unmount(): Promise<void>;
  changes(): Promise<Change[]>;
  tarStream(): AsyncIterable<Uint8Array>;
  /** Bytes written by the container. */
  size(): Promise<number>;
  metadata(): Promise<Record<string, string>>;
}

/**
 * Layers by chainID, and containers' writable layers by container id. Laid out on disk as moby's
 * image/<driver>/layerdb. References are counted per holder: get and register take one, release gives it back,
 * and the last release removes the layer from disk.
 */
export interface LayerStore {
  readonly driverName: string;
  /** How the ids of containers are mapped to those of the files of layers (--userns-remap). */
  readonly ids: IDMap | undefined;
  /** Stores a tar as a layer on `parent`; verifies `expected` (diffID) if given. Errors: dataLoss on a wrong digest. */
  register(tar: AsyncIterable<Uint8Array>, parent: Digest | undefined, expected?: Digest): Promise<Layer>;
  /**
   * Stores a whole stack of layers, each on the one before, and gives a reference to the topmost. Layers that are here
   * already are taken; the others are unpacked at the same time where the storage driver can. Nobody else stores the
   * same layers meanwhile. Errors: dataLoss on a wrong digest, those of `open`; layers below the failed one go again.
   */
  registerStack(
    parent: Digest | undefined,
    steps: readonly LayerStep[],
    signal?: AbortSignal,
  ): Promise<Layer>;
  /**
   * Begins to unpack a layer of which it is not known yet what it lies on; `step.open()` may then give it. Undefined
   * where the storage driver cannot.
   */
  prepare(file: LayerFile, signal: AbortSignal): PreparedLayer | undefined;
  /** True if some layer here has this content, wherever it lies. */
  hasDiff(diffID: Digest): boolean;
  /** True if a layer that is here came as a tar of so many bytes: a hint, for a tar that does not say what it is. */
  mayHaveTarOf(size: number): boolean;
  /** Takes a reference. Errors: notFound. */
  get(chainID: Digest): Layer;
  has(chainID: Digest): boolean;
  release(layer: Layer): Promise<void>;
  /** Resolves when what was released has been removed from the disk. */
  settled(): Promise<void>;
  /**
   * Makes a container's writable layer on top of an init layer, whose content `init` writes into the mounted
   * directory (mount points such as /dev, /proc, /etc/hosts, that must not show in `docker diff`).
   */
  createRWLayer(name: string, parent: Digest | undefined, options?: RWLayerOptions): Promise<RWLayer>;
  /** Errors: notFound. */
  getRWLayer(name: string): RWLayer;
  releaseRWLayer(name: string): Promise<void>;
}

/** A layer, packed or not, in a file. */
export interface LayerFile {
  path: string;
  /** If it is still being written. */
  growth?: Growth;
  /** If it has been unpacked already, or is being. */
  prepared?: PreparedLayer;
}

/** A layer that is unpacked before it is known what it will lie on. Used or discarded, once. */
export interface PreparedLayer {
  /** Errors: those of unpacking. */
  unpacked: Promise<Unpacked>;
  /** Moves what was unpacked into the layer's folder, and its record beside the layer's. */
  move(folder: string, tarSplit: string): Promise<Unpacked>;
  discard(): Promise<void>;
}

/** One layer of a stack that is to be stored. */
export interface LayerStep {
  diffID: Digest;
  /** What errors call it. */
  name?: string;
  foreign?: ForeignBlob;
  /**
   * Gives the file that has the layer, packed or not, once something of it is there. Not called for a layer that is
   * here, and again where the file was begun anew while it was read.
   */
  open(): Promise<LayerFile>;
  /** Bytes of the file that have been read. */
  onRead?(bytes: number): void;
  /** The layer has been unpacked; `present`: it was here. */
  onDone?(present: boolean): void;
}

export interface RWLayerOptions {
  init?: (root: string) => Promise<void>;
  storageOpt?: Record<string, string>;
}

/** The OCI image configuration as Docker writes it (image-spec config.md, plus Docker's own fields). */
export interface ImageConfig {
  architecture: string;
  os: string;
  variant?: string;
  "os.version"?: string;
  created?: string;
  author?: string;
  comment?: string;
  parent?: string;
  docker_version?: string;
  container?: string;
  config?: ContainerDefaults;
  container_config?: ContainerDefaults;
  rootfs: { type: "layers"; diff_ids?: Digest[] };
  history?: HistoryEntry[];
}

export interface HistoryEntry {
  created?: string;
  created_by?: string;
  author?: string;
  comment?: string;
  empty_layer?: boolean;
}

/** The part of an image configuration that containers start from. */
export interface ContainerDefaults {
  Hostname?: string;
  Domainname?: string;
  User?: string;
  ExposedPorts?: Record<string, Record<string, never>>;
  Env?: string[] | null;
  Entrypoint?: string[] | null;
  Cmd?: string[] | null;
  Volumes?: Record<string, Record<string, never>> | null;
  WorkingDir?: string;
  Labels?: Record<string, string> | null;
  StopSignal?: string;
  StopTimeout?: number;
  Shell?: string[];
  Healthcheck?: {
    Test?: string[];
    Interval?: number;
    Timeout?: number;
    StartPeriod?: number;
    Retries?: number;
  };
  OnBuild?: string[] | null;
  ArgsEscaped?: boolean;
  [other: string]: unknown;
}

export interface Image {
  readonly id: Digest;
  readonly config: ImageConfig;
  /** The configuration's exact bytes. */
  readonly raw: Uint8Array;
  /** The image this one was built or committed from, if it is here. */
  readonly parent: Digest | undefined;
  /** chainID of the topmost layer; undefined for an image without layers. */
  readonly chainID: Digest | undefined;
}

/** Images by id; moby's image/<driver>/imagedb. Holds a reference on each image's topmost layer. */
export interface ImageStore {
  /** Errors: notFound. */
  get(id: Digest): Image;
  has(id: Digest): boolean;
  list(): Image[];
  /** Stores a configuration; the layers it names must be in the layer store. Idempotent. */
  create(raw: Uint8Array): Promise<Image>;
  setParent(id: Digest, parent: Digest): Promise<void>;
  children(id: Digest): Image[];
  /** Removes the image and gives back its layers; resolves to the chainIDs that were removed from disk. */
  remove(id: Digest): Promise<Digest[]>;
  /** Notes that the image was tagged just now. */
  setLastUpdated(id: Digest): void;
  /** Time of the last tag, for `docker inspect` Metadata.LastTagTime. */
  lastUpdated(id: Digest): Date | undefined;
}

/** Names of images; moby's image/<driver>/repositories.json. Keys are canonical ("docker.io/library/busybox:latest"). */
export interface ReferenceStore {
  /** The image id of a canonical "name:tag" or "name@digest". */
  get(reference: string): Digest | undefined;
  /** All canonical references of an image, tags first, sorted. */
  of(id: Digest): string[];
  all(): { reference: string; id: Digest }[];
  add(reference: string, id: Digest): Promise<void>;
  remove(reference: string): Promise<boolean>;
}

/** All of the image side that other parts of the engine need. */
export interface Images {
  readonly layers: LayerStore;
  readonly images: ImageStore;
  readonly references: ReferenceStore;
  /**
   * Finds an image by what a person types: name[:tag], name@digest, id, unique id prefix, sha256:id.
   * Errors: notFound with stock's text ("No such image: x:latest"), invalidArgument for a malformed reference.
   */
  resolve(nameOrID: string): Image;
}
