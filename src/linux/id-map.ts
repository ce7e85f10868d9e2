/** Whose files of a user namespace are whose outside of it: maps of user and group ids, as plain data. */
import { invalidArgument } from "../errors/errors.ts";

/** `size` ids from `containerID` on inside are those from `hostID` on outside. */
export interface IDRange {
  containerID: number;
  hostID: number;
  size: number;
}

export interface IDMap {
  uids: readonly IDRange[];
  gids: readonly IDRange[];
}

export interface Owner {
  uid: number;
  gid: number;
}

/** What the kernel shows for an owner that the map does not know (/proc/sys/kernel/overflowuid). */
const NOBODY = 65534;

function outside(ranges: readonly IDRange[], id: number): number {
  for (const { containerID, hostID, size } of ranges)
    if (id >= containerID && id < containerID + size) return hostID + id - containerID;
  throw invalidArgument(`Container ID ${id} cannot be mapped to a host ID`);
}

function inside(ranges: readonly IDRange[], id: number): number {
  for (const { containerID, hostID, size } of ranges)
    if (id >= hostID && id < hostID + size) return containerID + id - hostID;
  return NOBODY;
}

/** Who owns a file on disk that is `owner`'s in the container. No map: the same. Errors: invalidArgument. */
export function hostOwner(map: IDMap | undefined, { uid, gid }: Owner): Owner {
  return map ? { uid: outside(map.uids, uid), gid: outside(map.gids, gid) } : { uid, gid };
}

/** Whose a file is in the container: nobody's (65534), if its owner is not in the map, as the kernel says it. */
export function containerOwner(map: IDMap | undefined, { uid, gid }: Owner): Owner {
  return map ? { uid: inside(map.uids, uid), gid: inside(map.gids, gid) } : { uid, gid };
}

/** The container's root outside of it. */
export const hostRoot = (map: IDMap | undefined): Owner => hostOwner(map, { uid: 0, gid: 0 });
