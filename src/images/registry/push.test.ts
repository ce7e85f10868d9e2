import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import type { Image } from "../types.ts";
import { digestOf } from "./descriptor.ts";
import { FakeRegistry, makeImage, refuse } from "./fake-registry.testing.ts";
import { TestEngine } from "./fake-stores.testing.ts";

let registry: FakeRegistry;
let engine: TestEngine;
let image: Image;
const made = makeImage([Buffer.from("lower ".repeat(10_000)), Buffer.from("upper")]);

beforeEach(async () => {
  registry = new FakeRegistry();
  registry.add("latest", made);
  engine = new TestEngine();
  await engine.pull(registry.host);
  const raw = engine.imageMap.get(made.configDigest)!;
  const config = JSON.parse(Buffer.from(raw).toString()) as Image["config"];
  image = {
    id: made.configDigest,
    raw,
    config,
    parent: undefined,
    chainID: [...engine.layerMap.keys()].at(-1),
  };
  engine.progress.length = 0;
  registry.requests.length = 0;
});
afterEach(() => {
  registry.stop();
  engine.close();
});

const push = (path: string, tag = "latest"): Promise<{ digest: string; size: number }> =>
  engine.pusher.push({
    domain: registry.host,
    path,
    tag,
    image,
    top: engine.layerMap.get(image.chainID!),
    credentials: {},
    signal: new AbortController().signal,
    progress: (message) => engine.progress.push(message),
  });
const short = (i: number): string => made.layers[i]!.diffID.slice(7, 19);

describe("push()", () => {
  test("uploads layers that the registry does not have, and says so in stock's words", async () => {
    engine.recordMap.clear();
    const { digest, size } = await push("other/name", "v1");
    const manifest = JSON.parse(Buffer.from(registry.manifests.get("v1")!.raw).toString());
    expect(manifest.config.digest).toBe(made.configDigest);
    const stored = manifest.layers.map((l: { digest: string }) => gunzipSync(registry.blobs.get(l.digest)!));
    expect(stored.map((tar: Buffer) => digestOf(tar))).toEqual(made.layers.map(({ diffID }) => diffID));
    const said = engine.statuses();
    expect(said.slice(0, 2)).toEqual([`${short(1)}: Preparing`, `${short(0)}: Preparing`]);
    expect(said).toContain(`${short(0)}: Pushed`);
    expect(said).toContain(`v1: digest: ${digest} size: ${size}`);
    expect(engine.progress.at(-1)?.aux).toEqual({ Tag: "v1", Digest: digest, Size: size });
  });

  test("does not upload what the repository has", async () => {
    await push("some/thing", "again");
    expect(engine.statuses().filter((line) => line.endsWith("Layer already exists")).length).toBe(2);
    expect(registry.requests.filter((line) => line.startsWith("PATCH"))).toEqual([]);
  });

  test("mounts from the repository that a layer was pulled from", async () => {
    const mounted = new Set<string | null>();
    // As a registry does that keeps repositories apart: nothing is there before the mount.
    registry.fault = (request, url) => {
      if (request.method === "POST") mounted.add(url.searchParams.get("mount"));
      const missing = request.method === "HEAD" && !mounted.has(url.pathname.split("/").at(-1) ?? "");
      return missing ? refuse(404, "BLOB_UNKNOWN", url.pathname) : undefined;
    };
    await push("other/name");
    expect(engine.statuses()).toContain(`${short(0)}: Mounted from some/thing`);
    expect(registry.requests.filter((line) => line.startsWith("PATCH"))).toEqual([]);
  });

  test("gives the same blobs each time", async () => {
    engine.recordMap.clear();
    const first = await push("a/b");
    engine.recordMap.clear();
    expect(await push("c/d")).toEqual(first);
  });

  test("tries an upload again that broke", async () => {
    engine.recordMap.clear();
    let broken = 0;
    registry.fault = (request) =>
      request.method === "PATCH" && broken++ === 0 ? new Response("", { status: 502 }) : undefined;
    await push("a/b");
    expect(engine.statuses().some((line) => line.endsWith("Retrying in 0 seconds"))).toBe(true);
  });

  test("gets a new token when the old one ends while a layer is on its way", async () => {
    engine.recordMap.clear();
    const tokens = new FakeRegistry();
    let issued = 0;
    tokens.fault = () => Response.json({ token: `token-${++issued}`, expires_in: 300 });
    let ended = false;
    registry.fault = (request) => {
      const valid = ended ? "Bearer token-2" : "Bearer token-1";
      if (request.method === "PATCH") ended = true;
      if (request.headers.get("authorization") === valid) return undefined;
      const challenge = `Bearer realm="http://${tokens.host}/token",service="reg",error="invalid_token"`;
      return refuse(401, "UNAUTHORIZED", "authentication required", { "www-authenticate": challenge });
    };
    // One layer after the other: no upload begins with a token that is about to end.
    image = { ...image, chainID: [...engine.layerMap.keys()][0] };
    await push("a/b");
    expect([issued, registry.requests.filter((line) => line.startsWith("PATCH")).length]).toEqual([2, 1]);
    tokens.stop();
  });

  test("fails with the registry's words where writing is denied", async () => {
    registry.fault = (request) =>
      request.method === "POST"
        ? refuse(403, "DENIED", "requested access to the resource is denied")
        : undefined;
    engine.recordMap.clear();
    await expect(push("a/b")).rejects.toThrow("denied: requested access to the resource is denied");
  });
});
