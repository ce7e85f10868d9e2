import type { FlagValues } from "../../flags/spec.ts";
import type { CONTAINER_FLAGS } from "./flags.ts";

/** The values of the options that `run` and `create` share. */
export type ContainerOptions = FlagValues<typeof CONTAINER_FLAGS>;
