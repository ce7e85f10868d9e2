import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createApiServer } from "../http/server.ts";
import { Authorization } from "./authorization.ts";
import { findPlugin } from "./find.ts";

const NAME = `pequod-unit-${process.pid}`;
const SOCKET = `/run/docker/plugins/${NAME}.sock`;

/** What the plugin was asked, and how it answers. */
let asked: { path: string; question: Record<string, unknown> }[];
let verdict: (path: string, question: Record<string, unknown>) => object;
let plugin: Server;
let api: Server;
const apiSocket = `/tmp/pequod-guard-${process.pid}.sock`;

beforeEach(async () => {
  asked = [];
  verdict = () => ({ Allow: true });
  mkdirSync("/run/docker/plugins", { recursive: true });
  plugin = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const path = req.url!.slice(1);
    const question = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
    asked.push({ path, question });
    const answer = path === "Plugin.Activate" ? { Implements: ["authz"] } : verdict(path, question);
    res.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => plugin.listen(SOCKET, resolve));
  api = createApiServer({
    logFailure: () => {},
    guard: new Authorization(() => [NAME]),
    routes: [
      { method: "POST", path: "/echo", handle: async (ctx) => ctx.json(200, await ctx.body()) },
      { method: "GET", path: "/stream", handle: (ctx) => ctx.stream("text/plain", chunks()) },
    ],
  });
  await new Promise<void>((resolve) => api.listen(apiSocket, resolve));
});
afterEach(() => {
  plugin.close();
  api.close();
  for (const path of [SOCKET, apiSocket]) rmSync(path, { force: true });
});

async function* chunks(): AsyncIterable<Uint8Array> {
  yield Buffer.from("one ");
  yield Buffer.from("two");
}

const post = (body: unknown) =>
  fetch("http://d/v1.41/echo", {
    unix: apiSocket,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

describe("authorization plugins", () => {
  test("see the request with its body, then the answer, and let both pass", async () => {
    const response = await post({ a: 1 });
    expect([response.status, await response.json()]).toEqual([200, { a: 1 }]);
    const [, request, answer] = asked;
    expect(request).toMatchObject({
      path: "AuthZPlugin.AuthZReq",
      question: { RequestMethod: "POST", RequestUri: "/v1.41/echo", RequestBody: btoa('{"a":1}') },
    });
    expect(answer).toMatchObject({ path: "AuthZPlugin.AuthZRes", question: { ResponseStatusCode: 200 } });
  });
  test("refuse a request, and an answer", async () => {
    verdict = () => ({ Allow: false, Msg: "not you" });
    const refused = await post({});
    expect([refused.status, await refused.json()]).toEqual([
      403,
      { message: `authorization denied by plugin ${NAME}: not you` },
    ]);
    verdict = (path) => ({ Allow: path === "AuthZPlugin.AuthZReq", Msg: "secret" });
    const held = await post({});
    expect([held.status, await held.json()]).toEqual([
      403,
      { message: `authorization denied by plugin ${NAME}: secret` },
    ]);
  });
  test("do not hold streams up", async () => {
    const response = await fetch("http://d/stream", { unix: apiSocket });
    expect(await response.text()).toBe("one two");
  });
  test("that are not there let nothing pass", async () => {
    plugin.close();
    rmSync(SOCKET, { force: true });
    const response = await post({});
    expect(response.status).toBe(500);
    expect(((await response.json()) as { message: string }).message).toContain(
      `plugin ${NAME} failed with error`,
    );
  });
});

test("findPlugin() takes no name that leads elsewhere", () => {
  expect(() => findPlugin("../../etc/passwd")).toThrow("not found");
  expect(findPlugin(NAME)).toEqual({ unix: SOCKET });
});
