import type { LogDriver } from "./types.ts";

/** Keeps nothing. */
export const noLog: LogDriver = {
  name: "none",
  path: "",
  write() {},
  close() {},
};
