/** A pull whose daemon is killed half-way goes on by range; a broken connection, and a mirror that fails, cost nothing. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeLargeImage } from "../bench/lib/large-image.ts";
import { type Engine, eventually, STOCK_CLI, startTestEngine } from "./lib/engine.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";

/** Bytes of a blob that are let through, then the connection stays open and silent, or breaks. */
type Fault = { after: number; end: "stall" | "break" } | undefined;

/** Bodies of refusals; a registry in trouble has none. */
const REFUSALS: Record<number, object[]> = {
  404: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }],
  429: [{ code: "TOOMANYREQUESTS", message: "You have reached your pull rate limit." }],
};

const MB = 1 << 20;
let registry: TestRegistry;
let front: ReturnType<typeof startFront>;
let engine: Engine;
let work: string;

/** Stands in front of the registry and spoils large answers as it is told. */
function startFront(target: string) {
  const state = { fault: undefined as Fault, ranges: [] as string[], manifests: 200 };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname.includes("/manifests/") && state.manifests !== 200)
        return Response.json({ errors: REFUSALS[state.manifests] }, { status: state.manifests });
      const range = request.headers.get("range");
      const answer = await fetch(`http://${target}${pathname}`, {
        method: request.method,
        headers: request.headers,
        decompress: false,
      });
      const { fault } = state;
      if (!pathname.includes("/blobs/") || Number(answer.headers.get("content-length")) < MB) return answer;
      state.ranges.push(range ?? "whole");
      return fault ? new Response(spoiled(answer.body!, fault), answer) : answer;
    },
  });
  return { ...state, state, host: `127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

function spoiled(
  body: ReadableStream<Uint8Array>,
  { after, end }: NonNullable<Fault>,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let sent = 0;
  return new ReadableStream({
    async pull(controller) {
      if (sent >= after) {
        if (end === "break") controller.close();
        else await new Promise(() => {});
        return;
      }
      const { value, done } = await reader.read();
      if (done) return controller.close();
      const part = value.subarray(0, after - sent);
      sent += part.length;
      controller.enqueue(part);
    },
  });
}

beforeAll(async () => {
  work = mkdtempSync("/tmp/pequod-resume-");
  registry = await startRegistry();
  front = startFront(registry.host);
  engine = await startTestEngine({ image: false, flags: ["--registry-mirror", `http://${front.host}`] });
  const archive = writeLargeImage(work, 12);
  for (const name of ["mine/large:1", "library/large:1"])
    await registry.skopeo(
      "copy",
      "-q",
      "--dest-tls-verify=false",
      `docker-archive:${archive}`,
      `docker://${registry.host}/${name}`,
    );
});
afterAll(async () => {
  await engine?.stop();
  front?.stop();
  await registry?.stop();
  rmSync(work, { recursive: true, force: true });
});

const downloaded = (): number => {
  const folder = join(engine.folder, "root/image/overlay2/downloads");
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
};
const background = (...args: string[]) =>
  Bun.spawn([STOCK_CLI, ...args], {
    env: { ...process.env, DOCKER_HOST: engine.host, HOME: engine.folder },
    stdout: "ignore",
    stderr: "ignore",
  });

describe("a pull goes on where it was", () => {
  test("after dockerd was killed", async () => {
    const name = `${front.host}/mine/large:1`;
    front.state.fault = { after: 5 * MB, end: "stall" };
    const client = background("pull", name);
    await eventually("five megabytes are there", downloaded, (bytes) => bytes >= 5 * MB);
    engine.chain.dockerd.kill("SIGKILL");
    await engine.chain.dockerd.exited;
    engine.chain.containerd.kill("SIGTERM");
    await engine.chain.containerd.exited;
    await client.exited;
    await engine.restart();
    expect(downloaded()).toBeGreaterThanOrEqual(5 * MB);
    front.state.fault = undefined;
    front.state.ranges.length = 0;
    await engine.ok("pull", name);
    expect(front.state.ranges).toEqual([expect.stringMatching(/^bytes=52428[0-9]{2}-$|^bytes=5242880-/)]);
    expect(downloaded()).toBe(0);
    await engine.ok("rmi", name);
  });

  test("after it was cancelled", async () => {
    const name = `${front.host}/mine/large:1`;
    front.state.fault = { after: 5 * MB, end: "stall" };
    const client = background("pull", name);
    await eventually("five megabytes are there", downloaded, (bytes) => bytes >= 5 * MB);
    client.kill("SIGINT");
    await client.exited;
    front.state.fault = undefined;
    front.state.ranges.length = 0;
    await engine.ok("pull", name);
    expect(front.state.ranges).toEqual(["bytes=5242880-"]);
    await engine.ok("rmi", name);
  });

  test("after the connection broke, by itself; and says which mirror served", async () => {
    front.state.fault = { after: 7 * MB, end: "break" };
    front.state.ranges.length = 0;
    const pulled = await engine.ok("pull", "large:1");
    expect(front.state.ranges).toEqual(["whole", expect.stringMatching(/^bytes=[1-9]\d{5,}-$/)]);
    expect(pulled).toContain(`Download complete from mirror http://${front.host}`);
    expect(await engine.ok("info")).toMatch(
      new RegExp(`Layers from http://${front.host}: [1-9]\\d* \\([\\d.]+MB\\)`),
    );
    front.state.fault = undefined;
    await engine.ok("rmi", "large:1");
  });

  test.each([404, 429, 500])("a status of %d for the manifest is an error that names it", async (status) => {
    front.state.manifests = status;
    const { code, stderr } = await engine.docker(["pull", `${front.host}/mine/large:1`]);
    front.state.manifests = 200;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      { 404: /not found/, 429: /toomanyrequests: You have reached your pull rate limit/, 500: /500/ }[
        status
      ]!,
    );
    expect(await engine.ok("images", "-q")).toBe("");
  });
});
