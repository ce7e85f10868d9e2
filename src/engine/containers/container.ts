import { join } from "node:path";
import type { ContainerConfig, EndpointSettings, HostConfig, Mount, PortMap } from "../../api/schema.ts";
import { Lock } from "../../lock/lock.ts";
import type { LogDriver } from "../logs/types.ts";
import { OutputHub } from "./io/hub.ts";
import type { ProcessIO } from "./io/process-io.ts";
import type { ContainerState } from "./state/machine.ts";
import { Waiters } from "./state/waiters.ts";

/** Something mounted into a container, as moby keeps it (config.v2.json MountPoints). */
export interface MountPoint {
  Type: "bind" | "volume" | "tmpfs" | "image";
  /** Of a volume. */
  Name: string;
  Driver: string;
  /** On the host; empty until a volume is mounted. */
  Source: string;
  Destination: string;
  RW: boolean;
  /** Options of -v, such as "z" or "nocopy". */
  Relabel: string;
  Propagation: string;
  /** Fill an empty volume with what the image has at the destination. */
  CopyData: boolean;
  /** A bind source that was not there is made (-v), or is an error (--mount). */
  SkipMountpointCreation: boolean;
  Spec: Mount;
}

export interface NetworkRecord {
  SandboxID: string;
  SandboxKey: string;
  Networks: Record<string, EndpointSettings>;
  Ports: PortMap;
}

/** All that makes up a container and is kept on disk. */
export interface ContainerFacts {
  readonly id: string;
  /** RFC 3339. */
  readonly created: string;
  /** Without the leading slash. */
  name: string;
  path: string;
  args: string[];
  config: ContainerConfig;
  hostConfig: HostConfig;
  /** "sha256:<hex>" */
  image: string;
  driver: string;
  logPath: string;
  mountPoints: Record<string, MountPoint>;
  network: NetworkRecord;
  state: ContainerState;
  restartCount: number;
  /** Somebody stopped it: `unless-stopped` and `always` leave it alone. */
  manuallyStopped: boolean;
  startedBefore: boolean;
  appArmorProfile: string;
  seccompProfile: string;
  noNewPrivileges: boolean;
}

/** What exists only while a container has a task. */
export interface Run {
  io: ProcessIO;
  log: LogDriver;
}

/** A container. Whoever changes it holds `lock`; reading needs none. */
export class Container {
  readonly facts: ContainerFacts;
  /** <data-root>/containers/<id> */
  readonly folder: string;
  readonly lock = new Lock();
  readonly hub = new OutputHub();
  readonly waiters = new Waiters();
  #run: Run | undefined;
  readonly #awaitingRun = new Set<(run: Run) => void>();
  /** Ids of exec processes that have not ended. */
  readonly execs = new Set<string>();
  /** Ends the health checks. */
  stopHealth: (() => void) | undefined;
  /** Ends the waiting of the restart policy. */
  cancelRestart: (() => void) | undefined;
  /** Milliseconds that the restart policy waited last. */
  restartDelay = 0;
  /** Retries of on-failure since somebody last started it by hand. */
  failures = 0;
  /** `docker restart` is at work: an exit is not the end. */
  restarting = false;
  /** Mounted volumes and other things to give back at the end of the run, last one first. */
  releases: (() => Promise<void> | void)[] = [];
  removed = false;
  /** When a strike of the out-of-memory killer was last found by its counter, nanoseconds since 1970. */
  oomLookedAt = 0n;
  /** Whether a strike that the shim has told of may yet be to be counted. */
  oomInDoubt = false;
  /** Under way, or done, since the container is being removed. */
  layerRemoval: Promise<void> | undefined;

  constructor(facts: ContainerFacts, containersRoot: string) {
    this.facts = facts;
    this.folder = join(containersRoot, facts.id);
  }

  get run(): Run | undefined {
    return this.#run;
  }

  set run(run: Run | undefined) {
    this.#run = run;
    if (!run) return;
    for (const resolve of this.#awaitingRun) resolve(run);
    this.#awaitingRun.clear();
  }

  /** The task's streams, as soon as there is a task; undefined if the signal is aborted before. */
  whenRun(signal: AbortSignal): Promise<Run | undefined> {
    if (this.#run || signal.aborted) return Promise.resolve(this.#run);
    return new Promise((resolve) => {
      this.#awaitingRun.add(resolve);
      signal.addEventListener("abort", () => {
        this.#awaitingRun.delete(resolve);
        resolve(undefined);
      });
    });
  }

  get id(): string {
    return this.facts.id;
  }
  get name(): string {
    return this.facts.name;
  }
  get state(): ContainerState {
    return this.facts.state;
  }
  get config(): ContainerConfig {
    return this.facts.config;
  }
  get hostConfig(): HostConfig {
    return this.facts.hostConfig;
  }
  get labels(): Record<string, string> {
    return this.facts.config.Labels ?? {};
  }

  /** A file of the container's own folder. */
  file(name: string): string {
    return join(this.folder, name);
  }
  get hostsPath(): string {
    return this.file("hosts");
  }
  get hostnamePath(): string {
    return this.file("hostname");
  }
  get resolvConfPath(): string {
    return this.file("resolv.conf");
  }
  get shmPath(): string {
    return this.file("mounts/shm");
  }
}
