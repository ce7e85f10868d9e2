/** Clients that people have: docker-compose from Debian, the client library of JavaScript, the stock CLI 20.10. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import Docker from "dockerode";
import { outputOf } from "../hack/lib/command.ts";
import { STOCK_CLIENT } from "../hack/lib/stock-engine.ts";
import { type Engine, startTestEngine } from "./lib/engine.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

const PROJECT = `
version: "2.4"
services:
  web:
    image: busybox
    command: sh -c "echo hello > /tmp/index.html; exec httpd -f -p 80 -h /tmp"
    ports: ["127.0.0.1::80"]
    healthcheck: {test: ["CMD", "wget", "-q", "-O", "-", "http://127.0.0.1/"], interval: 100ms, retries: 50}
  client:
    image: busybox
    command: sh -c "wget -q -O - http://web/ | tee /data/page; sleep 1000"
    depends_on: {web: {condition: service_healthy}}
    volumes: ["data:/data"]
volumes: {data: {}}
`;

describe("docker-compose", () => {
  test("brings up a project of two services that find each other by name, and takes it down again", async () => {
    const folder = join(engine.folder, "project");
    mkdirSync(folder);
    writeFileSync(join(folder, "docker-compose.yml"), PROJECT);
    const compose = async (...args: string[]) => {
      const env = { ...process.env, DOCKER_HOST: engine.host, HOME: folder };
      return outputOf(["docker-compose", "--no-ansi", ...args], { cwd: folder, env });
    };
    await compose("up", "-d");
    expect(await compose("ps")).toMatch(/project_web_1 .* Up \(healthy\) +127\.0\.0\.1:\d+->80\/tcp/);
    const port = (await compose("port", "web", "80")).trim();
    expect(await (await fetch(`http://${port}/`)).text()).toBe("hello\n");
    expect(await compose("exec", "-T", "client", "cat", "/data/page")).toBe("hello\n");
    expect(await compose("logs", "--no-color", "client")).toContain("hello");
    await compose("down", "-v", "-t", "0");
    expect(await engine.ok("ps", "-aq")).toBe("");
    expect(await engine.ok("volume", "ls", "-q")).toBe("");
    expect(await engine.ok("network", "ls", "--filter", "name=project", "-q")).toBe("");
  });
});

describe("dockerode", () => {
  const docker = () => new Docker({ socketPath: join(engine.folder, "docker.sock") });

  test("creates, starts, attaches, waits, inspects and removes", async () => {
    const container = await docker().createContainer({
      Image: "busybox",
      Cmd: ["sh", "-c", "read line; echo got $line; echo err >&2; exit 3"],
      OpenStdin: true,
      StdinOnce: true,
    });
    const stream = await container.attach({
      stream: true,
      hijack: true,
      stdin: true,
      stdout: true,
      stderr: true,
    });
    const [out, err] = [new PassThrough(), new PassThrough()];
    container.modem.demuxStream(stream, out, err);
    await container.start();
    stream.write("word\n");
    expect(await container.wait()).toMatchObject({ StatusCode: 3 });
    expect([String(out.read()), String(err.read())]).toEqual(["got word\n", "err\n"]);
    expect((await container.inspect()).State).toMatchObject({ Status: "exited", ExitCode: 3 });
    await container.remove();
    expect(await docker().listContainers({ all: true })).toEqual([]);
  });

  test("runs commands in a container, reads its statistics and follows its log", async () => {
    const container = await docker().createContainer({
      Image: "busybox",
      Cmd: ["sh", "-c", "echo a; echo b; sleep 1000"],
    });
    await container.start();
    const exec = await container.exec({
      Cmd: ["sh", "-c", "echo in; exit 4"],
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({});
    const out = new PassThrough();
    container.modem.demuxStream(stream, out, out);
    await new Promise((resolve) => stream.once("end", resolve));
    expect(String(out.read())).toBe("in\n");
    expect((await exec.inspect()).ExitCode).toBe(4);
    const stats = await container.stats({ stream: false });
    expect(stats.memory_stats.usage).toBeGreaterThan(0);
    const log = await container.logs({ stdout: true, stderr: true });
    expect(log.toString()).toContain("b\n");
    await container.remove({ force: true });
  });

  test("gets the engine's own words when something is wrong", async () => {
    const failure = docker().getContainer("none").inspect();
    await expect(failure).rejects.toMatchObject({
      statusCode: 404,
      json: { message: "No such container: none" },
    });
  });

  test("pulls events, images, volumes and networks", async () => {
    const events = await docker().getEvents({ since: 1, until: Math.ceil(Date.now() / 1000) });
    const seen: string[] = [];
    events.on("data", (chunk: Buffer) => seen.push(chunk.toString()));
    await new Promise((resolve) => events.once("end", resolve));
    expect(seen.join("")).toContain('"Action":"destroy"');
    expect((await docker().listImages()).map(({ RepoTags }) => RepoTags)).toEqual([["busybox:latest"]]);
    await docker().createVolume({ Name: "made" });
    expect((await docker().listVolumes()).Volumes.map(({ Name }) => Name)).toEqual(["made"]);
    expect((await docker().listNetworks()).map(({ Name }) => Name).sort()).toEqual([
      "bridge",
      "host",
      "none",
    ]);
  });
});

test.skipIf(!existsSync(STOCK_CLIENT))("the stock CLI 20.10 runs, execs and shows", async () => {
  const old = (...args: string[]) => engine.docker(args, { cli: STOCK_CLIENT });
  const run = await old("run", "--rm", "-i", "busybox", "sh", "-c", "cat; exit 6");
  expect(run.code).toBe(6);
  expect((await old("run", "-d", "--name", "old", "busybox", "sleep", "1000")).code).toBe(0);
  expect(await old("exec", "old", "echo", "in")).toMatchObject({ code: 0, stdout: "in\n" });
  expect((await old("ps", "--format", "{{.Names}} {{.Image}}")).stdout).toBe("old busybox\n");
  expect((await old("stats", "--no-stream", "--format", "{{.Name}}")).stdout).toBe("old\n");
  expect((await old("rm", "-f", "old")).code).toBe(0);
  expect((await old("version", "-f", "{{.Client.APIVersion}}")).stdout.trim()).toBe("1.41");
});
