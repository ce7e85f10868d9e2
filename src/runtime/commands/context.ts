/** What the global flags say, for every command. */
import { StateStore } from "../state/store.ts";

export interface Context {
  store: StateStore;
  systemdCgroup: boolean;
  /** Tells what happens inside: with --debug only. */
  debug(message: string): void;
  /** Tells of something that does not hold up the command: to --log, or to stderr. */
  warn(message: string): void;
}

export function makeContext(
  root: string,
  systemdCgroup: boolean,
  debug: (message: string) => void,
  warn: (message: string) => void,
): Context {
  return { store: new StateStore(root), systemdCgroup, debug, warn };
}
