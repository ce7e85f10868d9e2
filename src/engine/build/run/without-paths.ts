import type { TarHeader } from "../../../archive/tar/header.ts";
import { TarReader } from "../../../archive/tar/reader.ts";
import { END_OF_ARCHIVE, encodeHeader, padding } from "../../../archive/tar/writer.ts";

/** A layer without the mount points that were made for a command's mounts, unless something was put into them. */
export function withoutPaths(
  tar: AsyncIterable<Uint8Array>,
  paths: ReadonlySet<string>,
): AsyncIterable<Uint8Array> {
  return paths.size === 0 ? tar : filtered(tar, paths);
}

async function* filtered(
  tar: AsyncIterable<Uint8Array>,
  paths: ReadonlySet<string>,
): AsyncGenerator<Uint8Array> {
  const reader = new TarReader(tar);
  /** Folders that are left out as long as nothing comes that lies in them. */
  let held: TarHeader[] = [];
  for (let header = await reader.next(); header; header = await reader.next()) {
    const { name } = header;
    held = held.filter((folder) => name.startsWith(`${folder.name}/`));
    if (paths.has(name)) {
      if (header.type === "directory") held.push(header);
      continue;
    }
    for (const folder of held.splice(0)) yield encodeHeader(folder);
    yield encodeHeader(header);
    yield* reader.body();
    if (header.size > 0) yield padding(header.size);
  }
  yield END_OF_ARCHIVE;
}
