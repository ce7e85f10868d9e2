/** Images in the manifest format of Docker before 1.10: what we make of them is what stock makes, byte by byte. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RunningEngine } from "../hack/lib/chain.ts";
import { outputOf } from "../hack/lib/command.ts";
import { STOCK_CLIENT, startStockEngine } from "../hack/lib/stock-engine.ts";
import { FakeRegistry, makeImage } from "../src/images/registry/fake-registry.testing.ts";
import { MEDIA } from "../src/images/registry/media.ts";
import { legacyManifest, signed } from "../src/images/registry/schema1.testing.ts";
import { type Engine, startTestEngine } from "./lib/engine.ts";

const registry = new FakeRegistry();
const flags = ["--bridge=none", "--iptables=false"];
let engine: Engine;
let stock: RunningEngine;
let work: string;

function layerTar(name: string): Buffer {
  const folder = mkdtempSync(join(work, "layer-"));
  Bun.spawnSync(["sh", "-c", `echo ${name} > ${name}; tar --mtime=@0 -cf layer.tar ${name}`], {
    cwd: folder,
  });
  return readFileSync(join(folder, "layer.tar"));
}

const id = (digit: string) => digit.repeat(64);

beforeAll(async () => {
  work = mkdtempSync("/tmp/pequod-schema1-");
  mkdirSync(join(work, "stock"));
  engine = await startTestEngine({ image: false, flags });
  stock = await startStockEngine({
    folder: join(work, "stock"),
    flags: [...flags, "-s", "vfs"],
    client: STOCK_CLIENT,
  });
});
afterAll(async () => {
  await engine?.stop();
  await stock?.stop();
  registry.stop();
  rmSync(work, { recursive: true, force: true });
});

/** Offers an image of two layers and a step between them that made none, by a Docker of that version. */
function offer(tag: string, docker_version: string): Buffer {
  const [base, top] = [layerTar("base"), layerTar("top")].map((tar) => makeImage([tar]).layers[0]!);
  for (const { digest, blob } of [base!, top!]) registry.blobs.set(digest, blob);
  const empty = makeImage([Buffer.alloc(1024)]).layers[0]!;
  registry.blobs.set(empty.digest, empty.blob);
  const common = { created: "2015-03-01T12:00:00.5Z", docker_version, architecture: "amd64", os: "linux" };
  const config = {
    Hostname: "h",
    Env: ["A=<1>", "B=&"],
    Cmd: ["sh"],
    Labels: { z: "1", a: "2" },
    Volumes: { "/v": {} },
  };
  const manifest = legacyManifest([
    {
      blob: top!.digest,
      step: {
        ...common,
        id: id("3"),
        parent: id("2"),
        author: "me",
        config,
        Size: 7,
        container_config: { Cmd: ["/bin/sh", "-c", "cp > x"] },
      },
    },
    {
      blob: empty.digest,
      step: { ...common, id: id("2"), parent: id("1"), throwaway: true, container_config: { Cmd: ["ENV"] } },
    },
    { blob: base!.digest, step: { ...common, id: id("1"), comment: "from scratch" } },
  ]);
  registry.addManifest(tag, MEDIA.manifest1Signed, signed(manifest));
  return manifest;
}

/** Not synchronously: the registry is in this process. */
async function byStock(...args: string[]): Promise<string> {
  const env = { ...process.env, DOCKER_HOST: stock.host, HOME: work };
  return (await outputOf([STOCK_CLIENT, ...args], { env })).trim();
}

const digestOf = (bytes: Uint8Array) =>
  `sha256:${new Bun.CryptoHasher("sha256").update(bytes).digest("hex")}`;

test.each(["1.9.1", "1.6.0", ""])("pulled as stock pulls it, written by Docker %p", async (version) => {
  const tag = `v${version || "none"}`;
  const manifest = offer(tag, version);
  const name = `${registry.host}/some/thing:${tag}`;
  const pulled = await engine.ok("pull", name);
  expect(pulled).toContain(`Image ${name} uses outdated schema1 manifest format.`);
  expect(pulled).toContain(`Digest: ${digestOf(manifest)}`);
  expect(await byStock("pull", name)).toContain(`Digest: ${digestOf(manifest)}`);
  const format = "{{.Id}} {{json .RootFS}}";
  expect(await engine.ok("image", "inspect", "-f", format, name)).toBe(
    await byStock("image", "inspect", "-f", format, name),
  );
  const history = [
    "history",
    "--no-trunc",
    "--format",
    "{{.ID}} {{.CreatedBy}} {{.Size}} {{.Comment}}",
    name,
  ];
  expect(await engine.ok(...history)).toBe(await byStock(...history));
  await engine.ok("rmi", name);
  const byDigest = `${registry.host}/some/thing@${digestOf(manifest)}`;
  await engine.ok("pull", byDigest);
  await engine.ok("rmi", byDigest);
});

test("without signatures, as some registries serve it", async () => {
  const manifest = offer("plain", "1.9.1");
  registry.addManifest("plain", MEDIA.manifest1, manifest);
  expect(await engine.ok("pull", `${registry.host}/some/thing:plain`)).toContain(
    `Digest: ${digestOf(manifest)}`,
  );
});

test("a blob that is not there, or is another one, leaves no image", async () => {
  const manifest = legacyManifest([{ blob: `sha256:${id("0")}`, step: { id: id("1") } }]);
  registry.addManifest("gone", MEDIA.manifest1Signed, signed(manifest));
  const before = await engine.ok("images", "-q");
  const gone = await engine.docker(["pull", `${registry.host}/some/thing:gone`]);
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("is not in the registry")]);
  registry.blobs.set(`sha256:${id("0")}`, Buffer.from("something else"));
  const other = await engine.docker(["pull", `${registry.host}/some/thing:gone`]);
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("verification failed")]);
  expect(await engine.ok("images", "-q")).toBe(before);
});
