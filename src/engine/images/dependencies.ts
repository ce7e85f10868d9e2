import type { RegistryClient } from "../../images/registry/client.ts";
import type { RegistrySettings } from "../../images/registry/endpoint.ts";
import type { Puller } from "../../images/registry/pull.ts";
import type { Pusher } from "../../images/registry/push.ts";
import type { Transport } from "../../images/registry/transport.ts";
import type { Images } from "../../images/types.ts";
import type { EventBus } from "../events/bus.ts";

/** A container as the image side sees it. */
export interface ImageUser {
  id: string;
  name: string;
  running: boolean;
  imageID: string;
  /** The name that it was created with. */
  imageName: string;
}

/** What image operations stand on. */
export interface ImageDependencies {
  images: Images;
  events: EventBus;
  /** All containers, for "is using its referenced image" and the like. */
  containers(): ImageUser[];
  puller: Puller;
  pusher: Pusher;
  client: RegistryClient;
  transport: Transport;
  registrySettings(): RegistrySettings;
}
