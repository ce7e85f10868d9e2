import type { Labels } from "../metadata/namespaces.ts";

/** As on the wire. A view is read-only, an active one is written to, a committed one has become a parent for others. */
export const KIND = { view: 1, active: 2, committed: 3 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

export interface Snapshot {
  /** Names the folder; unique over all namespaces and never used again. */
  id: number;
  /** What clients call it: a key while active, a name when committed. */
  name: string;
  parent: string;
  kind: Kind;
  /** Milliseconds since 1970. */
  createdAt: number;
  updatedAt: number;
  labels: Labels;
}

export interface Mount {
  type: string;
  source: string;
  target: string;
  options: string[];
}

export interface Usage {
  /** Bytes. */
  size: number;
  inodes: number;
}

/**
 * How one kind of snapshotter lays snapshots out on disk. Which there are, and their parents, is the
 * snapshotter's concern (snapshotter.ts), the same for all.
 */
export interface Backend {
  readonly name: string;
  /** Makes the folder of a new snapshot over its parents (nearest first). */
  create(id: number, kind: Kind, parents: readonly number[]): Promise<void>;
  mounts(id: number, kind: Kind, parents: readonly number[]): Mount[];
  /** What the snapshot itself holds, without its parents. */
  usage(id: number): Promise<Usage>;
  remove(id: number): Promise<void>;
  /** The ids of all folders there are. */
  folders(): number[];
}
