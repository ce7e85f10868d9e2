import { lstatSync } from "node:fs";
import { entryPacker } from "../../archive/pack.ts";
import { END_OF_ARCHIVE, encodeHeader, tarHeader } from "../../archive/tar/writer.ts";
import type { IDMap } from "../../linux/id-map.ts";
import { type Change, ChangeKind } from "../driver.ts";

/** A layer tar of the changed paths alone. */
export async function* packChanges(root: string, changes: Change[], ids?: IDMap): AsyncGenerator<Uint8Array> {
  const packEntry = entryPacker(ids);
  for (const { path, kind } of changes) {
    const name = path.slice(1);
    if (kind !== ChangeKind.deleted) {
      yield* packEntry(`${root}${path}`, name);
      continue;
    }
    const slash = name.lastIndexOf("/") + 1;
    yield encodeHeader(
      tarHeader({ name: `${name.slice(0, slash)}.wh.${name.slice(slash)}`, type: "file", mode: 0 }),
    );
  }
  yield END_OF_ARCHIVE;
}

/** Bytes of the files among the changed paths, each hard-linked file once. */
export function sizeOfChanges(root: string, changes: Change[]): number {
  const seen = new Set<number>();
  let bytes = 0;
  for (const { path, kind } of changes) {
    if (kind === ChangeKind.deleted) continue;
    const stat = lstatSync(`${root}${path}`, { throwIfNoEntry: false });
    if (!stat || stat.isDirectory() || seen.has(stat.ino)) continue;
    if (stat.nlink > 1) seen.add(stat.ino);
    bytes += stat.size;
  }
  return bytes;
}
