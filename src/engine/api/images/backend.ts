import type {
  DistributionInspect,
  ImageDeleteResponseItem,
  ImageInspect,
  ImageSummary,
} from "../../../api/schema.ts";
import type { Credentials } from "../../../images/registry/credentials.ts";
import type { ProgressSink } from "../../../images/registry/progress.ts";
import type { ContainerDefaults } from "../../../images/types.ts";

/** Filters of the query: name → values. */
export type Filters = Map<string, string[]>;

export interface ListOptions {
  all: boolean;
  filters: Filters;
  sharedSize: boolean;
  /** Count the containers of each image (`docker system df`); -1 is shown otherwise. */
  containerCount?: boolean;
}

export interface HistoryItem {
  Id: string;
  /** Seconds since 1970. */
  Created: number;
  CreatedBy: string;
  Tags: string[] | null;
  Size: number;
  Comment: string;
}

export interface PullOptions {
  /** As typed: "busybox", "127.0.0.1:5000/x:1". */
  name: string;
  /** A tag or digest, or "" for that of the name, or else all tags. */
  tag: string;
  platform: string;
  credentials: Credentials;
  progress: ProgressSink;
  signal: AbortSignal;
}

export interface PushOptions {
  name: string;
  /** "" for all tags. */
  tag: string;
  credentials: Credentials;
  progress: ProgressSink;
  signal: AbortSignal;
}

export interface ImportOptions {
  /** "-" for the request's body, or a URL. */
  source: string;
  body: AsyncIterable<Uint8Array>;
  repo: string;
  tag: string;
  message: string;
  platform: string;
  /** Dockerfile instructions. */
  changes: string[];
  progress: ProgressSink;
  signal: AbortSignal;
}

export interface CommitOptions {
  container: string;
  repo: string;
  tag: string;
  comment: string;
  author: string;
  pause: boolean;
  changes: string[];
  config: ContainerDefaults | undefined;
}

export interface SearchOptions {
  term: string;
  limit: number;
  filters: Filters;
  credentials: Credentials;
  signal: AbortSignal;
}

export interface SearchResult {
  name: string;
  description: string;
  star_count: number;
  is_official: boolean;
  is_automated: boolean;
}

/** Looking at images. */
export interface ImageReading {
  list(options: ListOptions): Promise<ImageSummary[]>;
  /** Errors: notFound. */
  inspect(name: string): Promise<ImageInspect & LegacyInspect>;
  history(name: string): Promise<HistoryItem[]>;
}

/** What older API versions show of an image. */
export interface LegacyInspect {
  Container?: string;
  ContainerConfig?: ContainerDefaults;
}

/** Changing what images there are. */
export interface ImageWriting {
  tag(name: string, repo: string, tag: string): Promise<void>;
  remove(name: string, options: { force: boolean; prune: boolean }): Promise<ImageDeleteResponseItem[]>;
  prune(filters: Filters): Promise<{ deleted: ImageDeleteResponseItem[]; reclaimed: number }>;
  /** Gives the image id. */
  commit(options: CommitOptions): Promise<string>;
}

/** Archives of images, in and out. */
export interface ImageArchives {
  /** Gives the image id. */
  import(options: ImportOptions): Promise<string>;
  load(
    bytes: AsyncIterable<Uint8Array>,
    quiet: boolean,
    progress: ProgressSink,
    signal: AbortSignal,
  ): Promise<void>;
  /** Errors: notFound, before the first byte. */
  save(names: string[]): Promise<AsyncIterable<Uint8Array>>;
}

/** Registries. */
export interface ImageTransport {
  pull(options: PullOptions): Promise<void>;
  push(options: PushOptions): Promise<void>;
  search(options: SearchOptions): Promise<SearchResult[]>;
  login(credentials: Credentials, signal: AbortSignal): Promise<{ status: string; identityToken: string }>;
  distribution(name: string, credentials: Credentials, signal: AbortSignal): Promise<DistributionInspect>;
}

/** All that the image routes ask of the engine. */
export interface ImageBackend extends ImageReading, ImageWriting, ImageArchives, ImageTransport {}
