import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { existsSync, readdirSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Engine, eventually, startTestEngine } from "./lib/engine.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

const run = (name: string, driver: string, options: string[], script: string) =>
  engine.docker([
    ...["run", "--name", name, "--log-driver", driver],
    ...options.flatMap((option) => ["--log-opt", option]),
    ...["busybox", "sh", "-c", script],
  ]);

/** A TCP server that keeps what it is sent. */
async function receiver(): Promise<{ port: number; text(): string; server: Server }> {
  const received: Buffer[] = [];
  const server = createServer((socket) => socket.on("data", (chunk) => received.push(Buffer.from(chunk))));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { port, server, text: () => Buffer.concat(received).toString("latin1") };
}

const folderOf = async (name: string) =>
  join(engine.folder, "root/containers", await engine.ok("inspect", "-f", "{{.Id}}", name));

describe("local", () => {
  test("keeps both streams, rotates and packs, and is read by logs with all options", async () => {
    const options = ["max-size=20k", "max-file=3"];
    const result = await run(
      "local",
      "local",
      options,
      "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo line $i; done; echo end >&2",
    );
    expect(result.code).toBe(0);
    const lines = (await engine.ok("logs", "local")).split("\n");
    expect(lines.at(-1)).toBe("line 2000");
    expect(lines).toEqual(lines.map((_, i) => `line ${2001 - lines.length + i}`));
    expect(await engine.docker(["logs", "--tail", "2", "local"])).toMatchObject({
      stdout: "line 2000\n",
      stderr: "end\n",
    });
    const files = readdirSync(join(await folderOf("local"), "local-logs"));
    expect(files).toContain("container.log");
    expect(files.some((file) => file.endsWith(".gz"))).toBe(true);
    expect(await engine.ok("inspect", "-f", "{{.LogPath}}", "local")).toBe("");
    await engine.ok("rm", "local");
  });
});

describe("json-file", () => {
  test("labels, environment and tag go into the details; max-file bounds the files", async () => {
    await engine.ok(
      ...["run", "--name", "detailed", "--label", "tier=front", "-e", "STAGE=test"],
      ...["--log-opt", "labels=tier", "--log-opt", "env=STAGE", "--log-opt", "tag={{.Name}}"],
      ...["busybox", "echo", "hi"],
    );
    expect(await engine.ok("logs", "--details", "detailed")).toBe("STAGE=test,tag=detailed,tier=front hi");
    await engine.ok("rm", "detailed");
  });
});

describe("drivers that send lines away, with docker logs all the same:", () => {
  test("syslog over TCP", async () => {
    const { port, text, server } = await receiver();
    const options = [`syslog-address=tcp://127.0.0.1:${port}`, "syslog-format=rfc5424", "tag=app"];
    expect((await run("sys", "syslog", options, "echo out; echo err >&2")).code).toBe(0);
    await eventually("both lines", text, (seen) => seen.includes("out") && seen.includes("err"));
    expect(text()).toMatch(/<30>1 \S+ \S+ app \d+ app - out\n/);
    expect(text()).toMatch(/<27>1 \S+ \S+ app \d+ app - err\n/);
    expect(await engine.docker(["logs", "sys"])).toMatchObject({ stdout: "out\n", stderr: "err\n" });
    expect(existsSync(join(await folderOf("sys"), "container-cached.log"))).toBe(true);
    await engine.ok("rm", "sys");
    server.close();
  });
  test("gelf over UDP", async () => {
    const received: string[] = [];
    const socket = createSocket("udp4", (message) => received.push(gunzipSync(message).toString()));
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const options = [`gelf-address=udp://127.0.0.1:${socket.address().port}`];
    expect((await run("grey", "gelf", options, "echo hello")).code).toBe(0);
    await eventually(
      "the message",
      () => received.length,
      (count) => count === 1,
    );
    expect(JSON.parse(received[0]!)).toMatchObject({ short_message: "hello", _container_name: "grey" });
    expect(await engine.ok("logs", "grey")).toBe("hello");
    await engine.ok("rm", "grey");
    socket.close();
  });
  test("fluentd, and without a copy when the cache is off", async () => {
    const { port, text, server } = await receiver();
    const options = [`fluentd-address=127.0.0.1:${port}`, "cache-disabled=true"];
    expect((await run("flow", "fluentd", options, "echo hello")).code).toBe(0);
    await eventually("the record", text, (seen) => seen.includes("hello"));
    expect(text()).toContain("container_name");
    expect((await engine.docker(["logs", "flow"])).stderr).toContain(
      "configured logging driver does not support reading",
    );
    await engine.ok("rm", "flow");
    server.close();
  });
  test("a receiver that is not there keeps the container from starting, and says so", async () => {
    const result = await run("lost", "fluentd", ["fluentd-address=127.0.0.1:1"], "true");
    expect(result.code).toBe(125);
    expect(result.stderr).toContain("failed to initialize logging driver: dial tcp 127.0.0.1:1: ");
    expect(await engine.ok("inspect", "-f", "{{.State.Status}}", "lost")).toBe("created");
    await engine.ok("rm", "lost");
  });
  test("with mode=non-blocking a container does not wait for a receiver that reads nothing", async () => {
    const server = createServer((socket) => socket.pause());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const options = [
      ...[`syslog-address=tcp://127.0.0.1:${port}`, "mode=non-blocking", "max-buffer-size=64k"],
      "cache-disabled=true",
    ];
    const result = await run("eager", "syslog", options, "yes | head -c 20000000 > /dev/stderr; exit 7");
    expect(result.code).toBe(7);
    await engine.ok("rm", "eager");
    server.close();
  });
});

test.each([
  ["nonsense", [], 'error looking up logging plugin nonsense: plugin "nonsense" not found'],
  ["json-file", ["nonsense=1"], "unknown log opt 'nonsense' for json-file log driver"],
  ["local", ["labels=x"], "unknown log opt 'labels' for local log driver"],
  ["json-file", ["max-file=0"], "max-file cannot be less than 1"],
  ["json-file", ["max-buffer-size=1m"], "max-buffer-size option is only supported with 'mode=non-blocking'"],
  ["gelf", [], "gelf-address is a required parameter"],
] as [string, string[], string][])("%s with %p is refused", async (driver, options, text) => {
  const result = await run("refused", driver, options, "true");
  expect(result.code).toBe(125);
  expect(result.stderr).toContain(text);
});
