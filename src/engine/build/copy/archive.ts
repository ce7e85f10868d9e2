import { TarReader } from "../../../archive/tar/reader.ts";
import { decompressLayer } from "../../../images/registry/decompress.ts";
import { TarTree } from "../tree/tar-tree.ts";

/** Opens a file that is a tar archive, packed or not; undefined for what is none. Errors: of a broken archive. */
export async function openArchive(
  open: () => AsyncIterable<Uint8Array>,
  temporary: string,
  signal: AbortSignal,
): Promise<TarTree | undefined> {
  if (!(await isArchive(open()))) return undefined;
  return TarTree.read(decompressLayer(open()), { folder: temporary, signal, devices: true });
}

async function isArchive(bytes: AsyncIterable<Uint8Array>): Promise<boolean> {
  const source = decompressLayer(bytes);
  try {
    return (await new TarReader(source).next()) !== undefined;
  } catch {
    return false;
  } finally {
    await source.return(undefined);
  }
}
