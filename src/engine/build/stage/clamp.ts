import { TarReader } from "../../../archive/tar/reader.ts";
import { END_OF_ARCHIVE, encodeHeader, padding } from "../../../archive/tar/writer.ts";

/** The same archive with no time later than `epoch`, seconds: what a build writes does not tell when it did. */
export async function* clampTimes(tar: AsyncIterable<Uint8Array>, epoch: number): AsyncGenerator<Uint8Array> {
  const reader = new TarReader(tar);
  for (let header = await reader.next(); header; header = await reader.next()) {
    yield encodeHeader({ ...header, mtime: Math.min(Math.floor(header.mtime), epoch) });
    yield* reader.body();
    if (header.size > 0) yield padding(header.size);
  }
  yield END_OF_ARCHIVE;
}
