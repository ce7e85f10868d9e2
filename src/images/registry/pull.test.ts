import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { kindOf } from "../../errors/errors.ts";
import { FakeRegistry, makeImage, refuse } from "./fake-registry.testing.ts";
import { failure, TestEngine } from "./fake-stores.testing.ts";
import { MEDIA } from "./media.ts";

let registry: FakeRegistry;
let engine: TestEngine;
/** Bytes that do not compress, the same in each run. */
const noise = (size: number, seed: number): Buffer => {
  const bytes = Buffer.alloc(size);
  for (let i = 0, state = seed; i < size; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    bytes[i] = state >>> 16;
  }
  return bytes;
};
const image = makeImage([noise(300_000, 1), noise(200_000, 2), Buffer.from("third")]);

beforeEach(() => {
  registry = new FakeRegistry();
  registry.add("latest", image);
  engine = new TestEngine();
});
afterEach(() => {
  registry.stop();
  engine.close();
});

/** Nothing of a failed pull may stay behind in the stores. */
const expectNothing = (): void => {
  expect(engine.imageMap.size).toBe(0);
  expect(engine.unheld.length).toBe(engine.references.size);
};

describe("pull()", () => {
  test("fetches the image, and tells of each step in stock's words", async () => {
    const pulled = await engine.pull(registry.host);
    expect(pulled).toEqual({ id: image.configDigest, digest: image.manifestDigest });
    const [first] = image.layers;
    const id = first!.digest.slice(7, 19);
    const said = engine.statuses();
    expect(said[0]).toBe("latest: Pulling from some/thing");
    expect(said.at(-1)).toBe(`Digest: ${image.manifestDigest}`);
    const steps = [
      "Pulling fs layer",
      "Downloading",
      "Verifying Checksum",
      "Download complete",
      "Extracting",
      "Pull complete",
    ];
    const seen = said.filter((line) => line.startsWith(id)).map((line) => line.slice(14));
    expect([...new Set(seen)]).toEqual(steps);
    expect(readdirSync(engine.directory)).toEqual([]);
  });

  test("asks for nothing but the manifest when the image is there", async () => {
    await engine.pull(registry.host);
    registry.requests.length = 0;
    await engine.pull(registry.host);
    expect(registry.requests.filter((line) => line.includes("/blobs/"))).toEqual([]);
  });

  test("does not fetch layers that another image has brought", async () => {
    await engine.pull(registry.host);
    registry.add("more", makeImage([...image.layers.map(({ tar }) => tar), Buffer.from("fourth")]));
    registry.requests.length = 0;
    engine.progress.length = 0;
    await engine.pull(registry.host, { reference: { tag: "more" } });
    expect(registry.requests.filter((line) => line.includes("/blobs/")).length).toBe(2);
    expect(engine.statuses().filter((line) => line.endsWith("Already exists")).length).toBe(3);
  });

  test("chooses from an index by platform, and gives the digest of the index", async () => {
    const other = makeImage([Buffer.from("arm")]);
    const entry = (made: typeof image, architecture: string, variant?: string) => ({
      mediaType: MEDIA.ociManifest,
      digest: made.manifestDigest,
      size: made.manifest.length,
      platform: { os: "linux", architecture, ...(variant ? { variant } : {}) },
    });
    registry.add("arm", other);
    const index = Buffer.from(
      JSON.stringify({ schemaVersion: 2, manifests: [entry(other, "arm", "v6"), entry(image, "amd64")] }),
    );
    const digest = registry.addManifest("multi", MEDIA.ociIndex, index);
    const pulled = await engine.pull(registry.host, {
      reference: { tag: "multi" },
      platform: { os: "linux", architecture: "amd64" },
    });
    expect(pulled).toEqual({ id: image.configDigest, digest });
    const arm = { os: "linux", architecture: "arm", variant: "v7" };
    expect((await engine.pull(registry.host, { reference: { digest }, platform: arm })).id).toBe(
      other.configDigest,
    );
    const missing = { os: "linux", architecture: "s390x" };
    const error = await failure(engine.pull(registry.host, { reference: { digest }, platform: missing }));
    expect(error.message).toBe("no matching manifest for linux/s390x in the manifest list entries");
  });

  test("goes on by range where a body broke off", async () => {
    const { digest, blob } = image.layers[0]!;
    let broken = 0;
    registry.fault = (_, url) => {
      if (!url.pathname.endsWith(digest) || broken++ > 0) return undefined;
      return cutOff(blob.subarray(0, 100_000), blob.length);
    };
    await engine.pull(registry.host);
    const ranges = registry.requests.filter((line) => line.includes("bytes="));
    expect(ranges.length).toBe(1);
    expect(engine.statuses().some((line) => line.endsWith("Retrying in 0 seconds"))).toBe(true);
  });

  test("starts over where the registry does not know ranges", async () => {
    const { digest, blob } = image.layers[0]!;
    let asked = 0;
    registry.fault = (_, url) => {
      if (!url.pathname.endsWith(digest)) return undefined;
      return asked++ === 0 ? cutOff(blob.subarray(0, 100_000), blob.length) : new Response(blob);
    };
    expect((await engine.pull(registry.host)).id).toBe(image.configDigest);
  });

  test("refuses a layer with other content than its digest", async () => {
    const { digest, blob } = image.layers[1]!;
    const wrong = Buffer.from(blob);
    wrong[500]! ^= 1;
    registry.blobs.set(digest, wrong);
    const error = await failure(engine.pull(registry.host));
    expect(error.message).toBe(`filesystem layer verification failed for digest ${digest}`);
    expectNothing();
    expect(readdirSync(engine.directory).filter((name) => name.includes(digest.slice(7)))).toEqual([]);
  });

  test("stops reading a body that is longer than the manifest says", async () => {
    const { digest } = image.layers[0]!;
    registry.fault = (_, url) => (url.pathname.endsWith(digest) ? new Response(endless()) : undefined);
    const error = await failure(engine.pull(registry.host));
    expect(error.message).toContain("is longer than the");
    expect(kindOf(error)).toBe("dataLoss");
    expectNothing();
  });

  test("refuses an image whose layers unpack to something else than its configuration says", async () => {
    const config = Buffer.from(
      image.config.toString().replace(image.layers[0]!.diffID, `sha256:${"0".repeat(64)}`),
    );
    const digest = `sha256:${new Bun.CryptoHasher("sha256").update(config).digest("hex")}`;
    registry.blobs.set(digest, config);
    const manifest = image.manifest.toString().replace(image.configDigest, digest);
    registry.addManifest("latest", MEDIA.manifest2, Buffer.from(manifest));
    await failure(engine.pull(registry.host));
    expectNothing();
  });

  test.each([
    ["not JSON", "<html>", "invalid manifest: not JSON"],
    ["an empty object", "{}", "unsupported manifest media type"],
    ["layers without digest", `{"schemaVersion":2,"config":{},"layers":[{}]}`, "invalid manifest"],
    ["index and image at once", `{"schemaVersion":2,"manifests":[],"layers":[]}`, "index and of an image"],
  ])("refuses a manifest that is %s", async (_, text, message) => {
    registry.addManifest("latest", text === "{}" ? "text/plain" : MEDIA.manifest2, Buffer.from(text));
    expect((await failure(engine.pull(registry.host))).message).toContain(message);
    expectNothing();
  });

  test("refuses a manifest that does not have the digest it was asked for by", async () => {
    registry.manifests.set(image.manifestDigest, {
      type: MEDIA.manifest2,
      raw: Buffer.from(`${image.manifest} `),
    });
    const error = await failure(engine.pull(registry.host));
    expect(error.message).toBe(`manifest verification failed for digest ${image.manifestDigest}`);
  });

  test("says what the registry says of a name that is not there", async () => {
    const error = await failure(engine.pull(registry.host, { reference: { tag: "nosuch" } }));
    expect(error.message).toBe("manifest unknown: manifest unknown");
    expect(kindOf(error)).toBe("notFound");
  });

  test("tries a layer again after a 503, and gives up after its attempts", async () => {
    const { digest } = image.layers[2]!;
    let times = 0;
    registry.fault = (_, url) =>
      url.pathname.endsWith(digest) && times++ < 2 ? new Response("busy", { status: 503 }) : undefined;
    await engine.pull(registry.host);
    expect(times).toBe(3);
    const second = new TestEngine();
    times = -100;
    const error = await failure(second.pull(registry.host));
    expect(error.message).toBe("received unexpected HTTP status: 503 Service Unavailable");
    second.close();
  });

  test("reports a rate limit in the registry's words", async () => {
    registry.fault = (_, url) =>
      url.pathname.includes("/manifests/")
        ? refuse(429, "TOOMANYREQUESTS", "you have pulled too much")
        : undefined;
    const error = await failure(engine.pull(registry.host));
    expect(error.message).toBe("toomanyrequests: you have pulled too much");
    expect(kindOf(error)).toBe("exhausted");
  });

  test("ends when cancelled, keeps what has arrived, and goes on from there later", async () => {
    const { digest, blob } = image.layers[0]!;
    const cancel = new AbortController();
    registry.fault = (_, url) =>
      url.pathname.endsWith(digest) ? new Response(stalling(blob.subarray(0, 100_000))) : undefined;
    const pulling = failure(engine.pull(registry.host, { signal: cancel.signal }));
    const file = join(engine.directory, digest.replace(":", "-"));
    for (let i = 0; i < 500 && !(existsSync(file) && statSync(file).size === 100_000); i++)
      await Bun.sleep(5);
    cancel.abort();
    expect(kindOf(await pulling)).toBe("cancelled");
    expectNothing();
    registry.fault = () => undefined;
    await engine.pull(registry.host);
    expect(registry.requests).toContain(`GET /v2/some/thing/blobs/${digest} bytes=100000-`);
  });

  test("does not wait for ever for a registry that goes silent", async () => {
    engine.close();
    // Long enough for a busy machine to answer what it is asked before.
    engine = new TestEngine({}, 1000);
    const { digest } = image.layers[0]!;
    registry.fault = (_, url) =>
      url.pathname.endsWith(digest) ? new Response(stalling(Buffer.alloc(10))) : undefined;
    expect((await failure(engine.pull(registry.host))).message).toContain("sent nothing for");
  }, 60_000);

  test("shares one download between two pulls", async () => {
    await Promise.all([engine.pull(registry.host), engine.pull(registry.host)]);
    for (const { digest } of image.layers)
      expect(
        registry.requests.filter((line) => line.endsWith(`/blobs/${digest}`)).length,
      ).toBeLessThanOrEqual(1);
    expect(engine.unheld).toEqual([]);
  });
});

describe("pull() of a Docker Hub name", () => {
  test("takes the first mirror that has it, and layers from the next where one lacks them", async () => {
    const [empty, halfway] = [new FakeRegistry(), new FakeRegistry()];
    halfway.add("latest", image);
    halfway.blobs.delete(image.layers[1]!.digest);
    const mirrors = [empty, halfway, registry].map(({ host }) => `http://${host}`);
    const mirrored = new TestEngine({ mirrors: ["http://127.0.0.1:1", ...mirrors] });
    const pulled = await mirrored.pull("docker.io", { path: "library/thing" });
    expect(pulled.id).toBe(image.configDigest);
    expect(registry.requests).toContain(`GET /v2/library/thing/blobs/${image.layers[1]!.digest}`);
    for (const each of [empty, halfway]) each.stop();
    mirrored.close();
  });

  test("never shows the user's password to a mirror", async () => {
    registry.fault = (request) =>
      request.headers.has("authorization")
        ? undefined
        : refuse(401, "UNAUTHORIZED", "no", { "www-authenticate": 'Basic realm="mirror"' });
    const mirrored = new TestEngine({ hostMirrors: { "127.0.0.1:1": [`http://${registry.host}`] } });
    await failure(mirrored.pull("127.0.0.1:1", { credentials: { username: "me", password: "secret" } }));
    expect(registry.authorizations.every((header) => header === null)).toBe(true);
    mirrored.close();
  });
});

/** A body that ends before its announced length. */
function cutOff(part: Uint8Array, length: number): Response {
  let sent = false;
  const body = new ReadableStream({
    async pull(controller) {
      if (!sent) controller.enqueue(part);
      else {
        await Bun.sleep(20);
        controller.close();
      }
      sent = true;
    },
  });
  return new Response(body, { headers: { "content-length": String(length) } });
}

function endless(): ReadableStream {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65536)) });
}

/** Sends a part and then nothing, without closing. */
function stalling(part: Uint8Array): ReadableStream {
  return new ReadableStream({ start: (controller) => controller.enqueue(part) });
}
