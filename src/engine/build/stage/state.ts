import type { Platform } from "../../../images/registry/descriptor.ts";
import type { ContainerDefaults, Image } from "../../../images/types.ts";
import type { BuildArgs } from "./args.ts";
import { initialConfig } from "./config.ts";

/** A stage on its way: the image so far, and what the next one will be configured as. */
export class StageState {
  /** undefined as long as it stands on nothing (FROM scratch). */
  image: Image | undefined;
  readonly config: ContainerDefaults;
  readonly args: BuildArgs;
  author = "";
  /** CMD was given in this stage: ENTRYPOINT leaves it alone. */
  commandSet = false;
  /** A step was built anew: nothing after it is looked for in the cache. */
  cacheMissed = false;
  /** Layers of the base image, for --squash. */
  readonly base: Image | undefined;

  /** What it is built for, if there is no base image to say so. */
  readonly platform: Platform;

  constructor(base: Image | undefined, args: BuildArgs, platform: Platform) {
    this.platform = platform;
    this.base = base;
    this.image = base;
    this.config = initialConfig(base?.config.config);
    this.args = args;
    this.updateImage();
  }

  /** The configuration names the image it stands on. */
  updateImage(): void {
    this.config["Image"] = this.image?.id ?? "";
  }

  get imageID(): string {
    return this.image?.id ?? "";
  }
}
