/** A container in a user namespace: its mappings, and an image's files with the owners that they have there. */
import { chmodSync, lchownSync, lstatSync, mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invalidArgument, isNotFound } from "../../errors/errors.ts";
import { mountWithOptions, unmount } from "../../linux/mount.ts";
import { SnapshotsDefinition } from "../../proto/containerd/services/snapshots/v1/snapshots.ts";
import type { Cli } from "../cli.ts";

export interface IDMapping {
  containerID: number;
  hostID: number;
  size: number;
}

export interface Mappings {
  uid: IDMapping;
  gid: IDMapping;
}

/** "CONTAINER-ID:HOST-ID:LENGTH". Errors: invalidArgument. */
function parseMapping(text: string): IDMapping {
  const match = /^(\d+):(\d+):(\d+)$/.exec(text);
  if (!match)
    throw invalidArgument(
      `mapping ${JSON.stringify(text)}: want CONTAINER-ID:HOST-ID:LENGTH, such as 0:100000:65536`,
    );
  return { containerID: Number(match[1]), hostID: Number(match[2]), size: Number(match[3]) };
}

/** Of users and of groups; undefined without either. Errors: invalidArgument when one of them is missing. */
export function mappingsOf({ uidmap, gidmap }: { uidmap?: string; gidmap?: string }): Mappings | undefined {
  if (uidmap === undefined && gidmap === undefined) return undefined;
  if (uidmap === undefined || gidmap === undefined)
    throw invalidArgument("--uidmap and --gidmap are to be given together");
  return { uid: parseMapping(uidmap), gid: parseMapping(gidmap) };
}

/** What a snapshotter that maps owners by itself is told. */
export function remapLabels({ uid, gid }: Mappings): Record<string, string> {
  const text = ({ containerID, hostID, size }: IDMapping) => `${containerID}:${hostID}:${size}`;
  return { "containerd.io/snapshot/uidmapping": text(uid), "containerd.io/snapshot/gidmapping": text(gid) };
}

/** The name of a snapshot like `parent` whose files belong to the mapped owners; it is made once. */
export async function remapped(
  cli: Cli,
  snapshotter: string,
  parent: string,
  { uid, gid }: Mappings,
): Promise<string> {
  const snapshots = cli.client(SnapshotsDefinition);
  const name = `${parent}-${uid.hostID}-${gid.hostID}`;
  try {
    await snapshots.stat({ snapshotter, key: name }, cli.call);
    return name;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  const key = `remap-${crypto.randomUUID()}`;
  const labels = { "containerd.io/gc.root": new Date().toISOString() };
  const { mounts } = await snapshots.prepare({ snapshotter, key, parent, labels }, cli.call);
  const root = mkdtempSync(join(tmpdir(), "remap-"));
  try {
    for (const { type, source, options } of mounts) mountWithOptions(source, root, type, options);
    try {
      giveTo(root, uid.hostID - uid.containerID, gid.hostID - gid.containerID);
    } finally {
      unmount(root);
    }
    await snapshots.commit({ snapshotter, name, key, labels }, cli.call);
  } catch (error) {
    await snapshots.remove({ snapshotter, key }, cli.call).catch(() => {});
    throw error;
  } finally {
    rmdirSync(root);
  }
  return name;
}

const SET_ID_BITS = 0o6000;

/** All below a folder, links themselves and not what they lead to; a file with several names once. */
function giveTo(path: string, uids: number, gids: number, done = new Set<bigint>()): void {
  const { ino, uid, gid, mode, nlink } = lstatSync(path, { bigint: true });
  const stat = lstatSync(path);
  if (nlink > 1n && !stat.isDirectory()) {
    if (done.has(ino)) return;
    done.add(ino);
  }
  lchownSync(path, Number(uid) + uids, Number(gid) + gids);
  // The kernel takes these bits away with the owner.
  if (stat.isFile() && (Number(mode) & SET_ID_BITS) !== 0) chmodSync(path, Number(mode) & 0o7777);
  if (stat.isDirectory()) for (const name of readdirSync(path)) giveTo(join(path, name), uids, gids, done);
}
