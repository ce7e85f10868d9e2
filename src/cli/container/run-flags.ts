import type { FlagTable } from "../flags/spec.ts";
import { CONTAINER_FLAGS, IMAGE_FLAGS } from "./options/flags.ts";

export const CREATE_FLAGS = { ...CONTAINER_FLAGS, ...IMAGE_FLAGS } as const satisfies FlagTable;

/** What `run` has beside the options of `create`. */
export const RUN_FLAGS = {
  ...CREATE_FLAGS,
  detach: { kind: "bool", short: "d", help: "Run the container in the background and print its id" },
  "detach-keys": { kind: "string", help: "Key sequence to detach with" },
  "sig-proxy": { kind: "bool", on: true, help: "Pass signals on to the process" },
} as const satisfies FlagTable;
