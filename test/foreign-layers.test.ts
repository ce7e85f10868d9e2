/** Layers that registries may not keep: fetched from where their manifest says, and left out of a push. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FakeRegistry, makeImage } from "../src/images/registry/fake-registry.testing.ts";
import { MEDIA } from "../src/images/registry/media.ts";
import { type Engine, startTestEngine } from "./lib/engine.ts";

const registry = new FakeRegistry();
const asked: (string | null)[] = [];
let served: Uint8Array | undefined;
const elsewhere = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    asked.push(request.headers.get("authorization"));
    return served ? new Response(Buffer.from(served)) : new Response("gone", { status: 404 });
  },
});
let engine: Engine;
let work: string;

beforeAll(async () => {
  work = mkdtempSync("/tmp/pequod-foreign-");
  engine = await startTestEngine({ image: false, flags: ["--bridge=none", "--iptables=false"] });
});
afterAll(async () => {
  await engine?.stop();
  registry.stop();
  elsewhere.stop(true);
  rmSync(work, { recursive: true, force: true });
});

function tarOf(name: string): Buffer {
  Bun.spawnSync(["sh", "-c", `echo ${name} > ${name}; tar -cf ${name}.tar ${name}`], { cwd: work });
  return readFileSync(join(work, `${name}.tar`));
}

interface Manifest {
  layers: { mediaType: string; size: number; digest: string; urls?: string[] }[];
}
const manifestOf = (tag: string) =>
  JSON.parse(Buffer.from(registry.manifests.get(tag)!.raw).toString()) as Manifest;

/** An image whose upper layer only `elsewhere` has. */
function offer(tag: string, upper: string): Manifest["layers"][number] & { blob: Buffer } {
  const image = makeImage([tarOf("lower"), tarOf(upper)]);
  registry.add(tag, image);
  const manifest = manifestOf(tag);
  const { digest, blob } = image.layers[1]!;
  registry.blobs.delete(digest);
  const urls = ["ftp://not.asked/", `http://127.0.0.1:${elsewhere.port}/layer`];
  manifest.layers[1] = { mediaType: MEDIA.foreignLayer, size: blob.length, digest, urls };
  registry.addManifest(tag, MEDIA.manifest2, Buffer.from(JSON.stringify(manifest)));
  return { ...manifest.layers[1], blob };
}

test("is pulled from its URL without credentials, and stays foreign over a restart and a push", async () => {
  const { blob, ...foreign } = offer("one", "upper");
  served = blob;
  const name = `${registry.host}/some/thing`;
  await engine.ok("pull", `${name}:one`);
  expect(asked).toEqual([null]);
  engine.chain.dockerd.kill("SIGKILL");
  await engine.chain.dockerd.exited;
  await engine.chain.stop();
  await engine.restart();
  await engine.ok("tag", `${name}:one`, `${registry.host}/pushed/thing:two`);
  expect(await engine.ok("push", `${registry.host}/pushed/thing:two`)).toContain("Skipped foreign layer");
  expect(registry.blobs.has(foreign.digest)).toBe(false);
  expect(manifestOf("two").layers[1]).toEqual(foreign);
});

test("that is not there, or is another one, leaves no image", async () => {
  const { blob } = offer("three", "other");
  const before = await engine.ok("images", "-q");
  served = undefined;
  const gone = await engine.docker(["pull", `${registry.host}/some/thing:three`]);
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("404")]);
  served = Buffer.alloc(blob.length);
  const other = await engine.docker(["pull", `${registry.host}/some/thing:three`]);
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("verification failed")]);
  expect(await engine.ok("images", "-q")).toBe(before);
});
