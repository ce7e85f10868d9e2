import type { Images } from "../../images/types.ts";
import type { Logger } from "../../log/log.ts";
import type { NetworkController } from "../../network/types.ts";
import type { EngineConfig } from "../config/config.ts";
import type { ContainerdClient, RuntimeChoice } from "../containerd/client.ts";
import type { EventBus } from "../events/bus.ts";
import type { VolumeStore } from "../volumes/types.ts";
import type { ExecStore } from "./exec/store.ts";
import type { ContainerStore } from "./store.ts";

/** What the container side is built from. */
export interface ContainersOptions {
  config: EngineConfig;
  images: Images;
  network: NetworkController;
  volumes: VolumeStore;
  events: EventBus;
  containerd: ContainerdClient;
  log: Logger;
  /** OCI runtimes by name; the default one is among them. */
  runtimes: Record<string, RuntimeChoice>;
  /** Path of docker-init on the host. */
  initPath: string;
}

/** What each part of the container side works with. */
export interface Env extends ContainersOptions {
  store: ContainerStore;
  execs: ExecStore;
  /** Set once the daemon is going down: no restart policy acts any more. */
  closing: boolean;
}
