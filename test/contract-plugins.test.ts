/** The operations of plugins against the description, each with a plugin that is there. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { readOperations } from "./lib/contract/document.ts";
import { type Engine, startTestEngine } from "./lib/engine.ts";
import { makePluginFolder } from "./lib/plugin-folder.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";

const operations = new Map(readOperations().map((operation) => [operation.key, operation]));
let engine: Engine;
let registry: TestRegistry;
let tar: Uint8Array;
beforeAll(async () => {
  [engine, registry] = await Promise.all([startTestEngine({ image: false }), startRegistry()]);
  const source = join(engine.folder, "plugin");
  makePluginFolder(source);
  tar = Bun.spawnSync(["tar", "-c", "-C", source, "."]).stdout;
});
afterAll(async () => {
  await engine.stop();
  await registry.stop();
});

interface Asked {
  name?: string;
  query?: Record<string, string>;
  body?: unknown;
  raw?: Uint8Array;
  status?: number;
}

/** Sends the request, and holds the answer against the operation's description. Gives the answer's body. */
async function ask(key: string, { name = "", query = {}, body, raw, status = 200 }: Asked): Promise<unknown> {
  const operation = operations.get(key)!;
  const path = operation.path.replace("{name}", encodeURIComponent(name));
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`http://d/v1.50${path}?${new URLSearchParams(query)}`, {
    unix: join(engine.folder, "docker.sock"),
    method: operation.method,
    headers: { "Content-Type": raw ? "application/x-tar" : "application/json" },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await response.text();
  expect({ key, status: response.status, text: response.status === status ? "" : text }).toEqual({
    key,
    status,
    text: "",
  });
  const lines = text.trim().split("\r\n");
  const value: unknown = lines.length > 1 || text === "" ? lines : JSON.parse(text);
  if (status >= 400) expect(value).toEqual({ message: expect.any(String) });
  else if (operation.statuses.includes(status)) expect(operation.check(status, value) ?? "").toBe("");
  return value;
}

test("each operation on plugins answers as described", async () => {
  const name = `${registry.host}/vols:1`;
  await ask("POST /plugins/create", { query: { name }, raw: tar, status: 204 });
  await ask("POST /plugins/create", { query: { name }, raw: tar, status: 409 });
  await ask("POST /plugins/{name}/push", { name });
  await ask("GET /plugins/{name}/json", { name });
  expect(await ask("GET /plugins", {})).toHaveLength(1);
  await ask("POST /plugins/{name}/set", { name, body: ["GREETING=x"], status: 204 });
  await ask("POST /plugins/{name}/set", { name, body: ["NOTHING=x"], status: 400 });
  await ask("POST /plugins/{name}/set", { name, body: { no: "list" }, status: 400 });
  await ask("POST /plugins/{name}/enable", { name, query: { timeout: "30" } });
  await ask("POST /plugins/{name}/enable", { name, status: 409 });
  await ask("DELETE /plugins/{name}", { name, status: 409 });
  await ask("POST /plugins/{name}/upgrade", { name, query: { remote: name }, body: [], status: 409 });
  await ask("POST /plugins/{name}/disable", { name });
  await ask("POST /plugins/{name}/disable", { name, status: 409 });
  const privileges = await ask("GET /plugins/privileges", { query: { remote: name } });
  // Stock streams the progress with 200, and so do we; the description says 204.
  await ask("POST /plugins/{name}/upgrade", { name, query: { remote: name }, body: privileges });
  await ask("DELETE /plugins/{name}", { name });
  await ask("POST /plugins/pull", { query: { remote: name, name: "mine" }, body: privileges });
  const refused = await ask("POST /plugins/pull", { query: { remote: name, name: "more" }, body: [] });
  expect(String(refused)).toContain('"error":"incorrect privileges set');
  await ask("DELETE /plugins/{name}", { name: "mine" });
  expect(await ask("GET /plugins", {})).toEqual([]);
});
