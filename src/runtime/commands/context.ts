/** What the global flags say, for every command. */
import { StateStore } from "../state/store.ts";

export interface Context {
  store: StateStore;
  systemdCgroup: boolean;
  debug: boolean;
}

export function makeContext(root: string, systemdCgroup: boolean, debug: boolean): Context {
  return { store: new StateStore(root), systemdCgroup, debug };
}
