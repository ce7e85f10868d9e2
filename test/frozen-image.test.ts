/** contrib/download-frozen-image, which needs no engine: mirrors, proxies, resumed downloads, digests. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { FakeRegistry, makeImage, type TestImage } from "../src/images/registry/fake-registry.testing.ts";
import { eventually } from "./lib/engine.ts";

const SCRIPT = resolve(import.meta.dir, "../contrib/download-frozen-image.ts");
const SIZE = 4 << 20;

let registry: FakeRegistry;
let image: TestImage;
let work: string;

beforeEach(() => {
  registry = new FakeRegistry();
  image = makeImage([Buffer.from(crypto.getRandomValues(new Uint8Array(65536)))].map((one) => repeated(one)));
  registry.add("1", image);
  work = mkdtempSync("/tmp/pequod-frozen-");
});
afterEach(() => {
  registry.stop();
  rmSync(work, { recursive: true, force: true });
});

/** Bytes that do not compress: each 64 KiB another mask. */
function repeated(one: Buffer): Buffer {
  return Buffer.concat(
    Array.from({ length: SIZE / one.length }, (_, i) => one.map((byte, at) => byte ^ ((at * (i + 3)) >> 3))),
  );
}

function start(args: string[], env: Record<string, string> = {}) {
  return Bun.spawn([process.execPath, SCRIPT, ...args], {
    env: { PATH: process.env["PATH"], HOME: work, ...env },
    stdout: "ignore",
    stderr: "pipe",
  });
}

async function fetched(args: string[], env: Record<string, string> = {}) {
  const child = start(args, env);
  const [said, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  return { said, code };
}

const isBlob = (url: URL) => url.pathname.includes(image.layers[0]!.digest);
const layerIn = (folder: string) => join(folder, `${image.layers[0]!.digest.slice(7)}.tar`);

function expectWhole(folder: string, name: string): void {
  expect(readFileSync(layerIn(folder)).equals(image.layers[0]!.blob)).toBe(true);
  const [entry] = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { RepoTags: string[] }[];
  expect(entry!.RepoTags).toEqual([name]);
  expect(existsSync(join(folder, ".partial"))).toBe(false);
}

test("takes a mirror, and goes on after a break", async () => {
  let broken = false;
  registry.fault = (request, url) => {
    if (!isBlob(url) || broken || request.headers.has("range")) return undefined;
    broken = true;
    return new Response(image.layers[0]!.blob.subarray(0, SIZE / 2));
  };
  const folder = join(work, "out");
  const { said, code } = await fetched(["--mirror", `http://${registry.host}`, folder, "some/name:1"]);
  expect(said).toContain("load it by:");
  expect(code).toBe(0);
  expect(registry.requests.some((request) => /blobs.* bytes=\d+-/.test(request))).toBe(true);
  expectWhole(folder, "some/name:1");
});

test("goes on where a killed one stopped", async () => {
  const folder = join(work, "out");
  registry.fault = (_, url) => {
    if (!isBlob(url)) return undefined;
    const half = image.layers[0]!.blob.subarray(0, SIZE / 2);
    return new Response(new ReadableStream({ start: (stream) => stream.enqueue(half) }));
  };
  const child = start(["--insecure", folder, `${registry.host}/name:1`]);
  const partial = join(folder, ".partial");
  await eventually(
    "half of it is there",
    () =>
      existsSync(partial)
        ? readdirSync(partial).reduce((sum, name) => sum + statSync(join(partial, name)).size, 0)
        : 0,
    (bytes) => bytes >= SIZE / 2,
    60,
  );
  child.kill("SIGKILL");
  await child.exited;
  registry.fault = () => undefined;
  registry.requests.length = 0;
  expect(await fetched(["--insecure", folder, `${registry.host}/name:1`])).toMatchObject({ code: 0 });
  const asked = registry.requests.filter((request) => request.includes(image.layers[0]!.digest));
  expect(asked).toEqual([expect.stringMatching(/ bytes=[1-9]\d*-$/)]);
  expectWhole(folder, `${registry.host}/name:1`);
});

test("refuses what has another digest", async () => {
  const wrong = Buffer.from(image.layers[0]!.blob);
  wrong[1000]! ^= 1;
  registry.blobs.set(image.layers[0]!.digest, wrong);
  const folder = join(work, "out");
  const { said, code } = await fetched(["--insecure", folder, `${registry.host}/name:1`]);
  expect(code).toBe(1);
  expect(said).toContain(image.layers[0]!.digest);
  expect(existsSync(layerIn(folder))).toBe(false);
  expect(existsSync(join(folder, "manifest.json"))).toBe(false);
});

test("goes by the proxy", async () => {
  let asked = 0;
  const proxy = createServer(async (request, response) => {
    const { host, pathname } = new URL(request.url ?? "");
    if (host !== "registry.test:5000") return response.writeHead(502).end();
    asked++;
    const answer = await fetch(`http://${registry.host}${pathname}`, { method: request.method ?? "GET" });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    return response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  try {
    const env = { HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` };
    const folder = join(work, "out");
    const name = "registry.test:5000/name:1";
    expect(await fetched(["--insecure", folder, name], env)).toMatchObject({ code: 0 });
    expect(asked).toBeGreaterThanOrEqual(3);
    expectWhole(folder, name);
  } finally {
    proxy.close();
  }
});
