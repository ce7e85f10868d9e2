/** Progress of pull, push, load and import on terminals of any width and in pipes: our bytes are the stock client's. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../hack/lib/command.ts";
import { hasComparedClient } from "./lib/both-clients.ts";
import { OUR_CLI, STOCK_CLI } from "./lib/engine.ts";

const here = hasComparedClient();
if (!here) console.error("cli-progress.test.ts: skipped, the stock client 28.2.2 is not installed");

const layer = (id: string, status: string, progressDetail: object) => ({ id, status, progressDetail });

const MESSAGES = [
  { status: "Pulling from library/x", id: "latest" },
  layer("aaaaaaaaaaaa", "Pulling fs layer", {}),
  layer("bbbbbbbbbbbb", "Pulling fs layer", {}),
  layer("bbbbbbbbbbbb", "Waiting", {}),
  layer("aaaaaaaaaaaa", "Downloading", { current: 1000, total: 123456 }),
  layer("aaaaaaaaaaaa", "Downloading", { current: 100000, total: 123456 }),
  layer("bbbbbbbbbbbb", "Downloading", { current: 10000 }),
  layer("aaaaaaaaaaaa", "Verifying Checksum", {}),
  layer("aaaaaaaaaaaa", "Extracting", { current: 123456, total: 123456 }),
  layer("aaaaaaaaaaaa", "Pull complete", {}),
  layer("bbbbbbbbbbbb", "Extracting", { current: 3, total: 9, units: "s" }),
  layer("bbbbbbbbbbbb", "Extracting", { current: 3, units: "s" }),
  layer("bbbbbbbbbbbb", "Extracting", { current: 300, total: 100 }),
  layer("bbbbbbbbbbbb", "Extracting", { current: 30, total: 100, hidecounts: true }),
  layer("bbbbbbbbbbbb", "Pull complete", {}),
  { status: "Digest: sha256:0000" },
  { status: "Status: Downloaded newer image for x:latest" },
  { stream: "Loaded image: x\n" },
  { status: "note", from: "y", id: "z" },
];
const FAILURE = { errorDetail: { message: "it broke" }, error: "it broke" };

const folder = mkdtempSync("/tmp/pequod-progress-");
const socket = join(folder, "docker.sock");
const archive = join(folder, "archive.tar");
let server: ReturnType<typeof Bun.serve>;

beforeAll(() => {
  writeFileSync(archive, "");
  server = Bun.serve({
    unix: socket,
    async fetch(request) {
      const headers = { "Api-Version": "1.50", Ostype: "linux", "Content-Type": "application/json" };
      if (request.url.endsWith("/_ping")) return new Response("OK", { headers });
      await request.arrayBuffer();
      const all = request.url.includes("fail") ? [...MESSAGES, FAILURE] : MESSAGES;
      return new Response(all.map((message) => `${JSON.stringify(message)}\r\n`).join(""), { headers });
    },
  });
});
afterAll(async () => {
  await server.stop(true);
  rmSync(folder, { recursive: true });
});

const env = { PATH: process.env["PATH"], HOME: folder, DOCKER_HOST: `unix://${socket}`, TERM: "xterm" };

async function onTerminal(cli: string, args: string[], cols: number) {
  const decoder = new TextDecoder();
  let seen = "";
  const child = Bun.spawn([cli, ...args], {
    env,
    terminal: {
      cols,
      rows: 40,
      data(_, chunk) {
        seen += decoder.decode(chunk, { stream: true });
      },
    },
  });
  const code = await child.exited;
  child.terminal!.close();
  return { code, seen };
}

const inPipe = (cli: string, args: string[]) => runCommand([cli, ...args], { env });

const COMMANDS = [
  ["pull", "x"],
  ["pull", "-q", "x"],
  ["pull", "fail"],
  ["push", "x"],
  ["push", "fail:1"],
  ["load", "-i", archive],
  ["import", archive],
];

describe.skipIf(!here)("progress", () => {
  test.each(COMMANDS)("docker %s %s on terminals of 40, 80 and 130 columns", async (...args) => {
    for (const columns of [40, 80, 130]) {
      const ours = await onTerminal(OUR_CLI, args, columns);
      expect(ours).toEqual(await onTerminal(STOCK_CLI, args, columns));
      expect(ours.seen).not.toBe("");
    }
  });
  test.each(COMMANDS)("docker %s %s in a pipe", async (...args) => {
    expect(await inPipe(OUR_CLI, args)).toEqual(await inPipe(STOCK_CLI, args));
  });
});
