import { packEntry } from "../../archive/pack.ts";
import { END_OF_ARCHIVE, encodeHeader, tarHeader } from "../../archive/tar/writer.ts";
import { type Change, ChangeKind } from "../driver.ts";

/** A layer tar of the changed paths alone. */
export async function* packChanges(root: string, changes: Change[]): AsyncGenerator<Uint8Array> {
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
