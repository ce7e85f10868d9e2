/** Every operation of the Engine API's own description against the engine: routes, statuses, schemas, errors. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readOperations } from "./lib/contract/document.ts";
import {
  ELSEWHERE,
  type Fixture,
  NOT_HERE,
  type Request,
  requests,
  SWARM_GROUP,
} from "./lib/contract/requests.ts";
import { type Engine, startTestEngine } from "./lib/engine.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";

const operations = readOperations();
const byKey = new Map(operations.map((operation) => [operation.key, operation]));
/** Their answer is a stream of JSON values, not one. */
const STREAMS = ["GET /events", "POST /images/create", "POST /images/load", "POST /images/{name}/push"];

let engine: Engine;
let registry: TestRegistry;
let fixture: Fixture;

beforeAll(async () => {
  [engine, registry] = await Promise.all([startTestEngine(), startRegistry()]);
  await engine.ok(
    "run",
    "-d",
    "-t",
    "--init",
    "--name",
    "running",
    "-v",
    "vol:/v",
    "busybox",
    "sleep",
    "1000",
  );
  await engine.ok("run", "--name", "stopped", "busybox", "sh", "-c", "echo said; touch /made");
  await engine.ok("network", "create", "taken");
  const folder = join(engine.folder, "tar");
  mkdirSync(folder);
  writeFileSync(join(folder, "file"), "content");
  const tar = Bun.spawnSync(["tar", "-c", "-C", folder, "file"]).stdout;
  const exec = (await call("POST", "/containers/running/exec", { body: { Cmd: ["true"], Tty: true } })).json;
  fixture = {
    running: "running",
    stopped: (await engine.ok("inspect", "-f", "{{.Id}}", "stopped")).trim(),
    exec: (exec as { Id: string }).Id,
    volume: "vol",
    network: "bridge",
    registry: registry.host,
    archive: readFileSync(join(engine.folder, "busybox.tar")),
    tar,
  };
});
afterAll(async () => {
  await engine.stop();
  await registry.stop();
});

interface Answer {
  status: number;
  type: string;
  text: string;
  /** The body, if it is JSON. */
  json: unknown;
}

async function call(method: string, path: string, request: Request = {}): Promise<Answer> {
  const body = request.raw ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
  const response = await fetch(`http://d/v1.50${path}${request.query ? `?${request.query}` : ""}`, {
    unix: join(engine.folder, "docker.sock"),
    method,
    headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...request.headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, type, text, json };
}

const fill = (path: string, params: Record<string, string> = {}) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => params[name] ?? "no-such-thing");

/** An error's body is {"message"}, and nothing else. */
function expectError({ status, json, type }: Answer, ...statuses: number[]): void {
  expect(statuses).toContain(status);
  expect(type).toBe("application/json");
  expect(json).toEqual({ message: expect.any(String) });
}

test("every operation of the description has a request here, or another test", () => {
  const known = Object.keys({ ...requests({} as Fixture), ...NOT_HERE, ...ELSEWHERE });
  const missing = operations.filter(({ key }) => !known.includes(key) && !SWARM_GROUP.test(key));
  expect(missing.map(({ key }) => key)).toEqual([]);
  expect(known.filter((key) => !byKey.has(key))).toEqual([]);
});

describe("a request that succeeds answers as described:", () => {
  for (const key of Object.keys(requests({} as Fixture))) {
    test(key, async () => {
      const request = requests(fixture)[key]!;
      const operation = byKey.get(key)!;
      const answer = await call(operation.method, fill(operation.path, request.params), request);
      const expected = request.status ?? 200;
      expect({ status: answer.status, ...(answer.status === expected ? {} : { text: answer.text }) }).toEqual(
        {
          status: expected,
        },
      );
      expect(operation.statuses).toContain(expected);
      if (STREAMS.includes(key) || operation.method === "HEAD") return;
      expect(operation.check(expected, answer.json) ?? "").toBe("");
    });
  }
});

/** Where "not there" has another form. */
const TOLD_OTHERWISE: Record<string, string> = {
  "PUT /volumes/{name}": "there is no swarm",
  "POST /images/{name}/push": "the error comes in the stream of progress, as stock's",
};

describe("what is not there is 404 with a message:", () => {
  for (const { key, method, path, statuses } of operations) {
    const named = path.includes("{") && statuses.includes(404);
    if (!named || ELSEWHERE[key] || SWARM_GROUP.test(key) || TOLD_OTHERWISE[key]) continue;
    test(key, async () => {
      const answer = await call(method, fill(path), requests(fixture)[key]);
      // A HEAD has no body to carry a message.
      if (method === "HEAD") expect(answer.status).toBe(404);
      else expectError(answer, 404);
    });
  }
});

describe("malformed JSON is 400 with a message:", () => {
  for (const { key, method, path, takesJSON } of operations) {
    if (!takesJSON || ELSEWHERE[key] || SWARM_GROUP.test(key) || NOT_HERE[key]) continue;
    if (/plugins|PUT \/volumes/.test(key)) continue;
    test(key, async () => {
      const request = requests(fixture)[key]!;
      const raw = new TextEncoder().encode('{"Cmd": [');
      expectError(await call(method, fill(path, request.params), { ...request, raw }), 400);
    });
  }
});

describe("the swarm group answers as an engine outside of a swarm:", () => {
  for (const { key, method, path } of operations.filter((operation) => SWARM_GROUP.test(operation.key))) {
    if (NOT_HERE[key]) continue;
    test(key, async () => {
      const answer = await call(method, fill(path), { query: "version=1&stdout=1" });
      expectError(answer, 503);
      expect(answer.text).toMatch(/This node is not (a swarm manager|part of a swarm)/);
    });
  }
});

test.each(Object.keys(NOT_HERE))("%s says that it is not there", async (key) => {
  const { method, path } = byKey.get(key)!;
  expectError(await call(method, fill(path)), 501);
});

describe("conflicts, refusals and no-ops have their own statuses:", () => {
  test("a container that runs already, or has stopped already, is not modified", async () => {
    await engine.ok("start", "running");
    expect((await call("POST", "/containers/running/start")).status).toBe(304);
    expect((await call("POST", `/containers/${fixture.stopped}/stop`)).status).toBe(304);
  });
  test.each([
    ["POST", "/containers/create?name=running", { Image: "busybox" }],
    ["POST", "/containers/STOPPED/kill", undefined],
    ["POST", "/containers/STOPPED/pause", undefined],
    ["POST", "/containers/STOPPED/exec", { Cmd: ["true"] }],
    ["POST", "/containers/STOPPED/rename?name=running", undefined],
    ["DELETE", "/containers/running", undefined],
    ["DELETE", "/volumes/vol", undefined],
    ["DELETE", "/containers/STOPPED?link=1", undefined],
    ["DELETE", "/images/busybox", undefined],
    ["POST", "/networks/create", { Name: "taken" }],
  ])("409: %s %s", async (method, path, body) => {
    expectError(await call(method, path.replace("STOPPED", fixture.stopped), { body }), 409);
  });
  test.each([
    ["GET", "/containers/json?filters=nonsense", undefined],
    ["GET", "/containers/json?filters={%22nonsense%22:[%22x%22]}", undefined],
    ["GET", "/containers/running/logs", undefined],
    ["GET", "/containers/running/archive", undefined],
    ["POST", "/containers/create", { Image: "busybox", HostConfig: { Memory: 1 } }],
    ["POST", "/containers/create", { Image: "busybox", Cmd: 5 }],
    ["POST", "/containers/running/kill?signal=NONSENSE", undefined],
    ["POST", "/containers/running/wait?condition=nonsense", undefined],
    ["POST", "/containers/running/rename?name=%2f", undefined],
    ["POST", "/containers/running/resize?h=x&w=1", undefined],
    ["POST", "/volumes/create", { Name: "../x" }],
    ["POST", "/networks/create", { Name: "" }],
    ["POST", "/networks/create", { Name: "bad", IPAM: { Config: [{ Subnet: "nonsense" }] } }],
    ["GET", "/events?since=2&until=1", undefined],
    ["POST", "/images/busybox/tag?repo=UPPER", undefined],
    ["POST", "/containers/running/attach?logs=x&detachKeys=nonsense", undefined],
    ["PUT", "/containers/running/archive", undefined],
    ["POST", "/networks/host/connect", { Container: "running" }],
    [
      "POST",
      "/networks/taken/connect",
      { Container: "running", EndpointConfig: { IPAMConfig: { IPv4Address: "x" } } },
    ],
    ["POST", "/build?remote=nonsense:", undefined],
    ["POST", "/volumes/create", ["list"]],
  ])("400: %s %s", async (method, path, body) => {
    expectError(await call(method, path.replace("STOPPED", fixture.stopped), { body }), 400);
  });
  test.each([
    ["DELETE", "/networks/bridge", undefined],
    ["POST", "/networks/create", { Name: "host" }],
    ["PUT", "/containers/readonly/archive?path=/tmp", undefined],
  ])("403: %s %s", async (method, path, body) => {
    if (path.includes("readonly")) {
      const made = { Image: "busybox", HostConfig: { ReadonlyRootfs: true } };
      expect((await call("POST", "/containers/create?name=readonly", { body: made })).status).toBe(201);
      expectError(await call(method, path, { raw: fixture.tar }), 403);
    } else expectError(await call(method, path, { body }), 403);
  });
  test("409: an exec whose container is paused; an exec that has run already", async () => {
    await engine.ok("start", "running");
    const made = await call("POST", "/containers/running/exec", { body: { Cmd: ["true"] } });
    const { Id } = made.json as { Id: string };
    await engine.ok("pause", "running");
    expectError(await call("POST", `/exec/${Id}/start`, { body: {} }), 409);
    await engine.ok("unpause", "running");
    expect((await call("POST", `/exec/${Id}/start`, { body: {} })).status).toBe(200);
    expectError(await call("POST", `/exec/${Id}/start`, { body: {} }), 409);
  });
  test("each line of GET /events fits the schema of an event", async () => {
    const { text } = await call("GET", "/events", { query: `since=1&until=${Math.ceil(Date.now() / 1000)}` });
    const lines = text.trim().split("\n");
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines)
      expect({ line, wrong: byKey.get("GET /events")!.check(200, JSON.parse(line)) }).toEqual({
        line,
        wrong: "",
      });
  });
  test("fields that nobody knows are passed over", async () => {
    const body = { Image: "busybox", Nonsense: { a: 1 }, HostConfig: { More: "x" } };
    expect((await call("POST", "/containers/create?name=odd", { body })).status).toBe(201);
  });
  test("a path that is none, and a version that is none", async () => {
    expectError(await call("GET", "/nonsense"), 404);
    const unix = join(engine.folder, "docker.sock");
    for (const version of ["v1.99", "v1.1"]) {
      const response = await fetch(`http://d/${version}/info`, { unix });
      expect(response.status).toBe(400);
    }
  });
});
