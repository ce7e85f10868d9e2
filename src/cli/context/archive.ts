/** A context as a file that others can import: a tar of meta.json and tls/docker/*.pem. */
import { TarReader } from "../../archive/tar/reader.ts";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "../../archive/tar/writer.ts";
import { messageOf } from "../../errors/errors.ts";
import type { Context, TlsFiles } from "./store.ts";

const META = "meta.json";
const TLS = "tls/docker/";
const ZIP = "PK\u0003\u0004";
const BLOCK = 512;

export interface ContextFiles {
  context: Context;
  tls: TlsFiles;
}

/** A context as `docker context export` writes it: a tar with its metadata and TLS files. */
export function packContext({ context, tls }: ContextFiles): Uint8Array {
  const file = (name: string, text: string, mode: number) => {
    const bytes = Buffer.from(text);
    const header = encodeHeader(tarHeader({ name, type: "file", mode, size: bytes.length }));
    return [header, bytes, padding(bytes.length)];
  };
  const folder = (name: string) => encodeHeader(tarHeader({ name, type: "directory", mode: 0o700 }));
  const files = Object.entries(tls).map(([name, text]) => file(TLS + name, text, 0o600));
  return Buffer.concat([
    ...file(META, JSON.stringify(context), 0o644),
    ...(files.length > 0 ? [folder("tls"), folder("tls/docker")] : []),
    ...files.flat(),
    END_OF_ARCHIVE,
  ]);
}

/** Errors: for what is no such archive, or has something in it that is no part of a context. */
export async function unpackContext(archive: Uint8Array, name: string): Promise<ContextFiles> {
  if (Buffer.from(archive.subarray(0, ZIP.length)).toString() === ZIP)
    throw new Error(
      "invalid context: a zip archive cannot be imported: unpack it, and pack it as a tar archive",
    );
  const files = await filesOf(archive);
  const tls: TlsFiles = {};
  for (const [path, text] of files) {
    const file = path.startsWith(TLS) ? path.slice(TLS.length) : "";
    if (path === META) continue;
    if (file === "" || file.includes("/") || file.startsWith("."))
      throw new Error(`${path}: unexpected context file`);
    tls[file] = text;
  }
  const meta = files.get(META);
  if (meta === undefined) throw new Error("invalid context: no metadata found");
  return { context: contextOf(meta, name), tls };
}

function contextOf(meta: string, name: string): Context {
  try {
    const { Metadata, Endpoints } = JSON.parse(meta) as Partial<Context>;
    return { Name: name, Metadata: Metadata ?? {}, Endpoints: Endpoints ?? {} };
  } catch (error) {
    throw new Error(`invalid context: ${META}: ${messageOf(error)}`);
  }
}

/** Files only, by their paths. The stock client leaves out what follows the last file's content. */
async function filesOf(archive: Uint8Array): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const whole = Buffer.concat([archive, Buffer.alloc(BLOCK), END_OF_ARCHIVE]);
  const reader = new TarReader(new Blob([whole]).stream());
  try {
    for (let entry = await reader.next(); entry; entry = await reader.next()) {
      if (entry.type !== "file") continue;
      const chunks: Uint8Array[] = [];
      for await (const chunk of reader.body()) chunks.push(chunk.slice());
      files.set(entry.name.replace(/^\.\//, ""), Buffer.concat(chunks).toString());
    }
  } catch (error) {
    throw new Error(files.size === 0 ? "unexpected EOF" : messageOf(error));
  }
  return files;
}
