/** Registries that mean harm: bodies without end, redirects to where nothing is encrypted, tokens that never come. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kindOf } from "../../errors/errors.ts";
import { makeCertificate } from "./certificate.testing.ts";
import { FakeRegistry, makeImage, refuse } from "./fake-registry.testing.ts";
import { failure, TestEngine } from "./fake-stores.testing.ts";
import { MEDIA } from "./media.ts";
import { Transport } from "./transport.ts";

let registry: FakeRegistry;
let engine: TestEngine;
const image = makeImage([Buffer.from("a layer")]);

beforeEach(() => {
  registry = new FakeRegistry();
  registry.add("latest", image);
  engine = new TestEngine();
});
afterEach(() => {
  registry.stop();
  engine.close();
});

/** Counts what is asked of it, so that a reader that does not stop is seen. */
function endless(sent: { bytes: number }): ReadableStream {
  return new ReadableStream({
    pull(controller) {
      sent.bytes += 65536;
      controller.enqueue(new Uint8Array(65536).fill(0x20));
    },
  });
}

/** More than any limit for a small answer, and still far from what would hurt. */
const MOST = 64 << 20;

test.each([
  ["manifest", "/manifests/", MEDIA.manifest2],
  ["configuration", `/blobs/${image.configDigest}`, "application/octet-stream"],
])("a %s without end is given up", async (_, part, type) => {
  const sent = { bytes: 0 };
  registry.fault = (_, url) =>
    url.pathname.includes(part)
      ? new Response(endless(sent), { headers: { "content-type": type } })
      : undefined;
  const error = await failure(engine.pull(registry.host));
  expect(error.message).toMatch(/answered with more than \d+ bytes|is longer than the/);
  expect(kindOf(error)).toBe("dataLoss");
  expect(sent.bytes).toBeLessThan(MOST);
  expect([engine.imageMap.size, readdirSync(engine.directory)]).toEqual([0, []]);
});

test.each([401, 403, 429, 500])("the words of a refusal (%d) without end are given up", async (status) => {
  const sent = { bytes: 0 };
  registry.fault = () => new Response(endless(sent), { status });
  expect((await failure(engine.pull(registry.host))).message).not.toBe("");
  expect(sent.bytes).toBeLessThan(MOST);
});

test("a list of tags, and a token, without end are given up", async () => {
  const sent = { bytes: 0 };
  registry.fault = (_, url) =>
    url.pathname.endsWith("/tags/list") ? new Response(endless(sent)) : undefined;
  const request = {
    domain: registry.host,
    path: "some/thing",
    credentials: {},
    signal: new AbortController().signal,
  };
  expect((await failure(engine.puller.tags(request))).message).toContain("answered with more than");
  const realm = `Bearer realm="http://${registry.host}/token",service="x"`;
  registry.fault = (_, url) =>
    url.pathname === "/token"
      ? new Response(endless(sent))
      : refuse(401, "UNAUTHORIZED", "no", { "www-authenticate": realm });
  expect((await failure(engine.pull(registry.host))).message).toContain("answered with more than");
  expect(sent.bytes).toBeLessThan(2 * MOST);
});

let folder: string;
let secure: ReturnType<typeof Bun.serve>;
let leads = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pequod-hostile-"));
  const tls = makeCertificate(folder);
  const fetch = () => new Response(null, { status: 307, headers: { location: leads } });
  secure = Bun.serve({ port: 0, hostname: "localhost", tls, fetch });
});
afterAll(() => {
  secure.stop(true);
  rmSync(folder, { recursive: true });
});

test.each([
  ["to where nothing is encrypted", "http://127.0.0.1:9/x", "refused a redirect from https to unencrypted"],
  ["to a file", "file:///etc/passwd", "refused a redirect to"],
  ["to nowhere", "http://[", "refused a redirect to"],
])("a redirect from https %s is refused", async (_, location, message) => {
  leads = location;
  const transport = new Transport({ userAgent: "test", proxies: () => ({}) });
  const url = new URL(`https://localhost:${secure.port}/v2/`);
  const error = await failure(transport.send({ method: "GET", url, tls: { verify: false } }));
  expect(error.message).toContain(message);
});
