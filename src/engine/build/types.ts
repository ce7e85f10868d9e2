import type { HostConfig } from "../../api/schema.ts";
import type { Warning } from "../../dockerfile/types.ts";
import type { ImageRoot } from "../../images/open.ts";
import type { Credentials } from "../../images/registry/credentials.ts";
import type { Logger } from "../../log/log.ts";
import type { PullOptions } from "../api/images/backend.ts";
import type { GCPolicy } from "../config/builder.ts";
import type { Containers } from "../containers/manager.ts";
import type { EventBus } from "../events/bus.ts";
import type { CacheMounts } from "./run/cache-mounts.ts";
import type { RunningSteps } from "./run/running.ts";
import type { Session } from "./session/sessions.ts";

/** What builds are made with. */
export interface BuildEnv {
  images: ImageRoot;
  containers: Containers;
  events: EventBus;
  log: Logger;
  pull(options: PullOptions): Promise<void>;
  /** What of the cache goes after a build. */
  gc: readonly GCPolicy[];
  cacheMounts: CacheMounts;
  running: RunningSteps;
  /** Folder for what lives as long as one build. */
  temporary: string;
  /** For ADD of a URL, and contexts that are one; proxies are the daemon's. */
  fetch(url: string, signal: AbortSignal): Promise<Response>;
}

/** A build as it was asked for. */
export interface BuildRequest {
  /** Where the context is, if it is not the request's body. */
  remote: string;
  body: AsyncIterable<Uint8Array>;
  /** Path in the context; "" for Dockerfile. */
  dockerfile: string;
  tags: string[];
  buildArgs: Record<string, string | null>;
  labels: Record<string, string>;
  target: string;
  noCache: boolean;
  /** Stages, by name or number, that are built without the cache. */
  noCacheStages: string[];
  pull: boolean;
  /** Print the id of the image alone. */
  quiet: boolean;
  /** Remove intermediate containers: after success (rm), always (forceRm). */
  rm: boolean;
  forceRm: boolean;
  /** Images that serve as cache; `pullCaches`: those that are not here are fetched. */
  cacheFrom: string[];
  pullCaches: boolean;
  squash: boolean;
  platform: string;
  /** Limits, network and the like of RUN's containers. */
  host: HostConfig;
  /** Registry → credentials. */
  credentials: Record<string, Credentials>;
  /** What the client offers beside its request: secrets, agents, credentials, its folders. */
  session: Session | undefined;
  /** Where the result goes beside the image store; undefined for nowhere else. */
  send: "local" | "tar" | undefined;
  /** RUN --security=insecure is allowed. */
  insecure: boolean;
  signal: AbortSignal;
}

/** What a build tells while it runs; our own client draws its progress from it. */
export interface BuildEvent {
  /** Position of the stage in the file, and of the step in the build. */
  stage: number;
  stageName: string;
  step: number;
  total: number;
  status: "started" | "cached" | "done" | "failed" | "log";
  /** The instruction, or a piece of output. */
  text: string;
  stream?: "stdout" | "stderr";
  /** Milliseconds since 1970. */
  time: number;
}

/** Where a build's words go. */
export interface BuildOutput {
  /** Stock's text, piece by piece. */
  text(text: string, stream?: "stdout" | "stderr"): void;
  event(event: BuildEvent): void;
  /** A stage has become an image. */
  image(id: string): void;
  /** What today's linter warns of. */
  warning(warning: Warning & { file: string }): void;
  /** Progress of a pull. */
  progress(message: Record<string, unknown>): void;
}

export const shortID = (id: string): string => id.replace(/^sha256:/, "").slice(0, 12);
