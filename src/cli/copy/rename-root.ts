import { TarReader } from "../../archive/tar/reader.ts";
import { END_OF_ARCHIVE, encodeHeader, padding } from "../../archive/tar/writer.ts";

/** An archive whose root is called differently, in entries and in hard links. */
export async function* renameRoot(
  tar: AsyncIterable<Uint8Array>,
  from: string,
  to: string,
): AsyncGenerator<Uint8Array> {
  const old = from === "/" ? "" : from;
  const renamed = (name: string) =>
    name === old || name.startsWith(`${old}/`) || old === "" ? to + name.slice(old.length) : name;
  const reader = new TarReader(tar);
  for (let header = await reader.next(); header; header = await reader.next()) {
    const linkname = header.type === "link" ? renamed(header.linkname) : header.linkname;
    yield encodeHeader({ ...header, name: renamed(header.name), linkname });
    yield* reader.body();
    if (header.size > 0) yield padding(header.size);
  }
  yield END_OF_ARCHIVE;
}
