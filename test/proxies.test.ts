/** Proxies of the daemon: another one by a reload, without a restart; passwords are never shown. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { FakeRegistry, makeImage } from "../src/images/registry/fake-registry.testing.ts";
import { type Engine, eventually, startTestEngine } from "./lib/engine.ts";

/** A name that only a proxy finds. */
const NAME = "registry.test:5000";

interface Proxy {
  server: Server;
  /** Whoever asks is told apart by this. */
  authorizations: Set<string | undefined>;
  url: string;
}

const registry = new FakeRegistry();
let [work, config] = ["", ""];
let engine: Engine;
let proxies: Proxy[];

/** Takes requests for any host to the registry of the test. */
async function startProxy(login: string): Promise<Proxy> {
  const authorizations = new Set<string | undefined>();
  const server = createServer(async (request, response) => {
    authorizations.add(request.headers["proxy-authorization"]);
    const { pathname, host } = new URL(request.url ?? "");
    if (host !== NAME) return response.writeHead(502).end();
    const answer = await fetch(`http://${registry.host}${pathname}`, { method: request.method ?? "GET" });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    return response.end(Buffer.from(await answer.arrayBuffer()));
  });
  server.on("connect", (_, socket) => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return { server, authorizations, url: `http://${login}@127.0.0.1:${port}` };
}

const writeConfig = (proxy: Proxy) =>
  writeFileSync(
    config,
    JSON.stringify({
      proxies: { "http-proxy": proxy.url, "https-proxy": proxy.url, "no-proxy": "127.0.0.1" },
    }),
  );

beforeAll(async () => {
  work = mkdtempSync("/tmp/pequod-proxies-");
  config = join(work, "daemon.json");
  proxies = [await startProxy("me:first"), await startProxy("me:second")];
  writeConfig(proxies[0]!);
  Bun.spawnSync(["sh", "-c", "echo x > x; tar -cf x.tar x"], { cwd: work });
  registry.add("1", makeImage([readFileSync(join(work, "x.tar"))]));
  engine = await startTestEngine({
    image: false,
    flags: ["--config-file", config, "--insecure-registry", NAME, "--bridge=none", "--iptables=false"],
  });
});
afterAll(async () => {
  await engine?.stop();
  for (const { server } of proxies ?? []) server.close();
  registry.stop();
  rmSync(work, { recursive: true, force: true });
});

const shown = () => engine.ok("info", "-f", "{{.HTTPProxy}} {{.HTTPSProxy}} {{.NoProxy}}");
const hidden = (proxy: Proxy) => proxy.url.replace(/\/\/.*@/, "//xxxxx:xxxxx@");
const basic = (login: string) => `Basic ${Buffer.from(login).toString("base64")}`;

test("a pull goes through the proxy of the configuration, and after a reload through another one", async () => {
  const [first, second] = proxies as [Proxy, Proxy];
  expect(await shown()).toBe(`${hidden(first)} ${hidden(first)} 127.0.0.1`);
  await engine.ok("pull", `${NAME}/some/thing:1`);
  expect([...first.authorizations]).toEqual([basic("me:first")]);
  await engine.ok("rmi", `${NAME}/some/thing:1`);

  writeConfig(second);
  engine.chain.dockerd.kill("SIGHUP");
  await eventually("the other proxy is shown", shown, (text) => text.startsWith(hidden(second)), 30);
  first.authorizations.clear();
  await engine.ok("pull", `${NAME}/some/thing:1`);
  expect([...second.authorizations]).toEqual([basic("me:second")]);
  expect(first.authorizations.size).toBe(0);
  expect(engine.log()).not.toContain("me:");
  expect(await engine.ok("info")).not.toMatch(/first|second/);
});
