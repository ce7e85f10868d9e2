import { expect, test } from "bun:test";
import { decompressLayer } from "./decompress.ts";

const TEXT = Buffer.from("what is in the archive ".repeat(1000));

/** By the program of that name. */
function packed(command: string[]): Buffer {
  const child = Bun.spawnSync(command, { stdin: TEXT });
  if (child.exitCode !== 0) throw new Error(child.stderr.toString());
  return child.stdout;
}

async function* crumbs(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function unpacked(bytes: Uint8Array, size = 3): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of decompressLayer(crumbs(bytes, size))) parts.push(Uint8Array.from(part));
  return Buffer.concat(parts);
}

for (const program of ["gzip", "zstd", "xz", "bzip2"]) {
  const here = Bun.which(program) !== null;
  if (!here) console.error(`decompress.test.ts: skipped, ${program} is not installed`);
  test.skipIf(!here)(`decompressLayer() unpacks ${program}, also where it comes in crumbs`, async () => {
    expect((await unpacked(packed([program, "-c"]))).equals(TEXT)).toBe(true);
  });
  test.skipIf(!here)(`decompressLayer() refuses ${program} that is cut short`, async () => {
    const whole = packed([program, "-c"]);
    await expect(unpacked(whole.subarray(0, whole.length - 12), 64)).rejects.toThrow(`broken ${program}`);
  });
}

test("decompressLayer() passes on what is not packed, however short", async () => {
  for (const bytes of [TEXT, Buffer.from("x"), Buffer.alloc(0)])
    expect((await unpacked(bytes)).equals(bytes)).toBe(true);
});
