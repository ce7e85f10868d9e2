import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notFound, notModified } from "../../errors/errors.ts";
import { createApiServer } from "./server.ts";

const folder = mkdtempSync(join(tmpdir(), "http-"));
const socketPath = join(folder, "api.sock");
let server: Server;

beforeAll(async () => {
  server = createApiServer({
    logFailure: () => {},
    routes: [
      { method: "GET", path: "/_ping", handle: (ctx) => ctx.json(200, { version: ctx.version.toString() }) },
      {
        method: "GET",
        path: "/images/{name:.*}/json",
        handle: (ctx) => ctx.json(200, { name: ctx.params["name"] }),
      },
      {
        method: "GET",
        path: "/missing",
        handle: () => {
          throw notFound("No such container: x");
        },
      },
      {
        method: "POST",
        path: "/same",
        handle: () => {
          throw notModified("already started");
        },
      },
      { method: "POST", path: "/echo", handle: async (ctx) => ctx.json(200, await ctx.body()) },
      { method: "GET", path: "/new", since: "1.45", handle: (ctx) => ctx.empty(204) },
      {
        method: "POST",
        path: "/attach",
        handle: async (ctx) => {
          const body = await ctx.body<{ greeting: string }>();
          const { socket, input } = await ctx.hijack("application/vnd.docker.raw-stream");
          socket.write(`${body?.greeting}:`);
          for await (const chunk of input) socket.write(chunk);
          socket.end(":bye");
        },
      },
    ],
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const call = (path: string, init: RequestInit = {}) =>
  fetch(`http://d${path}`, { ...init, unix: socketPath });

describe("createApiServer()", () => {
  test("serves a path with and without a version", async () => {
    expect(await (await call("/v1.41/_ping")).json()).toEqual({ version: "1.41" });
    expect(await (await call("/_ping")).json()).toEqual({ version: "1.50" });
  });
  test("refuses versions that are too new or too old", async () => {
    expect((await call("/v1.99/_ping")).status).toBe(400);
    const old = await call("/v1.12/_ping");
    expect(old.status).toBe(400);
    expect(((await old.json()) as { message: string }).message).toContain("too old");
  });
  test("takes slashes in an image name", async () => {
    const answer = await call("/v1.41/images/127.0.0.1:5000/a%2Fb:1/json");
    expect(await answer.json()).toEqual({ name: "127.0.0.1:5000/a/b:1" });
  });
  test("answers errors with their status and message", async () => {
    const answer = await call("/missing");
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ message: "No such container: x" });
    expect((await call("/same", { method: "POST" })).status).toBe(304);
  });
  test("says page not found for unknown paths, and for routes newer than the request's version", async () => {
    expect(await (await call("/nowhere")).json()).toEqual({ message: "page not found" });
    expect((await call("/v1.44/new")).status).toBe(404);
    expect((await call("/v1.45/new")).status).toBe(204);
  });
  test("answers malformed JSON with 400", async () => {
    expect((await call("/echo", { method: "POST", body: "{" })).status).toBe(400);
  });
  test("upgrades to a raw stream that can be half-closed", async () => {
    const received = await new Promise<string>((resolve, reject) => {
      const client = connect({ path: socketPath, allowHalfOpen: true });
      let text = "";
      client.on("data", (data) => {
        text += data;
        if (text.endsWith("hi:")) client.end("world");
      });
      client.on("end", () => resolve(text));
      client.on("error", reject);
      const body = JSON.stringify({ greeting: "hi" });
      client.write(
        `POST /attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    });
    expect(received).toStartWith("HTTP/1.1 101 UPGRADED\r\n");
    expect(received).toEndWith("\r\n\r\nhi:world:bye");
  });
});
