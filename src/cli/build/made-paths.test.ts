import { describe, expect, test } from "bun:test";
import { TarReader } from "../../archive/tar/reader.ts";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "../../archive/tar/writer.ts";
import { madePaths, withoutPaths } from "./made-paths.ts";

function tar(files: Record<string, string | Uint8Array | undefined>): Buffer {
  const parts = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(content ?? "");
    const type = content === undefined ? ("directory" as const) : ("file" as const);
    return [encodeHeader(tarHeader({ name, type, size: bytes.length })), bytes, padding(bytes.length)];
  });
  return Buffer.concat([...parts, END_OF_ARCHIVE]);
}

/** An archive of `docker save`, in pieces that end anywhere. */
async function* saved(...layers: Buffer[]): AsyncGenerator<Uint8Array> {
  const names = layers.map((_, i) => `blobs/sha256/${i}`);
  const whole = tar({
    "config.json": JSON.stringify({ os: "linux", padding: "x".repeat(3000) }),
    ...Object.fromEntries(names.map((name, i) => [name, layers[i]] as const).reverse()),
    "manifest.json": JSON.stringify([{ Config: "config.json", Layers: names }]),
  });
  for (let at = 0; at < whole.length; at += 1000) yield whole.subarray(at, at + 1000);
}

const ALL = [
  ".dockerenv",
  "dev",
  "dev/console",
  "dev/pts",
  "dev/shm",
  "etc",
  "etc/hostname",
  "etc/hosts",
].concat(["etc/mtab", "etc/resolv.conf", "proc", "sys"]);
const made = async (...layers: Buffer[]) => [...(await madePaths(saved(...layers)))];

describe("madePaths()", () => {
  test("all of them, of an image that has none", async () => {
    expect(await made(tar({ hi: "x", "etcetera/hosts": "x" }))).toEqual(ALL);
  });
  test("an image's own stay, folders by what is in them", async () => {
    const own = tar({ "./etc/hosts": "x", "dev/": undefined, proc: undefined });
    expect(await made(own)).toEqual(
      ALL.filter((path) => !["etc", "etc/hosts", "dev", "proc"].includes(path)),
    );
  });
  test("what a later layer takes away is none of its own", async () => {
    const own = tar({ "etc/hosts": "x", "dev/console": "x", sys: undefined });
    const later = tar({ "etc/.wh.hosts": "", ".wh.sys": "", "dev/.wh..wh..opq": "" });
    expect(await made(own, later)).toEqual(ALL.filter((path) => !["etc", "dev"].includes(path)));
    expect(await made(own, later, tar({ "sys/x": "x" }))).not.toContain("sys");
  });
});

test("withoutPaths() leaves out those alone", async () => {
  async function* source() {
    yield tar({ etc: undefined, "etc/hosts": "gone", "etc/passwd": "root", hi: "there" });
  }
  const reader = new TarReader(withoutPaths(source(), new Set(["etc/hosts"])));
  const found: string[] = [];
  for (let header = await reader.next(); header; header = await reader.next()) {
    let text = "";
    for await (const chunk of reader.body()) text += Buffer.from(chunk).toString();
    found.push(`${header.name}=${text}`);
  }
  expect(found).toEqual(["etc=", "etc/passwd=root", "hi=there"]);
});
