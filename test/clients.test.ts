/** Clients that people have: docker-compose from Debian, the client library of JavaScript, the stock CLI 20.10. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import Docker from "dockerode";
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

/** docker-compose in a folder; it must succeed, and gives what it prints. */
const composeIn =
  (folder: string) =>
  async (...args: string[]): Promise<string> => {
    const child = Bun.spawn(["docker-compose", "--no-ansi", ...args], {
      cwd: folder,
      // From 1.45 on, images are shown without a field that this old compose wants when it makes a container anew.
      env: { ...process.env, DOCKER_HOST: engine.host, HOME: folder, COMPOSE_API_VERSION: "1.41" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    expect({ args, code, err: code === 0 ? "" : err }).toEqual({ args, code: 0, err: "" });
    return out;
  };

const LARGER = `
version: "3.9"
x-sleep: &sleep {image: busybox, command: sleep 1000, stop_grace_period: 0s}
services:
  made:
    build: {context: made, args: {WORD: built}}
    image: project-made
    init: true
    environment: [FROM_FILE]
    env_file: variables
    networks: {inner: {aliases: [other-name], ipv4_address: 10.91.0.7}}
    volumes: ["data:/data:ro", {type: tmpfs, target: /scratch}, {type: bind, source: ./made, target: /source}]
  worker:
    <<: *sleep
    networks: [inner, outer]
    volumes: ["data:/data"]
    deploy: {resources: {limits: {memory: 64M}}}
    labels: {purpose: test}
    cap_drop: [ALL]
    ulimits: {nofile: 1000}
    sysctls: {net.ipv4.ip_local_port_range: "2000 3000"}
    extra_hosts: ["named:10.9.9.9"]
  tool:
    <<: *sleep
    profiles: [tools]
networks:
  inner: {internal: true, ipam: {config: [{subnet: 10.91.0.0/24}]}}
  outer: {}
volumes: {data: {driver_opts: {type: tmpfs, device: tmpfs, o: size=1m}}}
`;

/** What a service prints until it prints what is waited for. */
async function followUntil(folder: string, service: string, words: string): Promise<void> {
  const child = Bun.spawn(["docker-compose", "--no-ansi", "logs", "-f", "--no-color", service], {
    cwd: folder,
    env: { ...process.env, DOCKER_HOST: engine.host, HOME: folder },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
  });
  let seen = "";
  for await (const chunk of child.stdout) {
    seen += new TextDecoder().decode(chunk);
    if (seen.includes(words)) break;
  }
  child.kill();
  await child.exited;
  expect(seen).toContain(words);
}

describe("docker-compose", () => {
  test("brings up a project of two services that find each other by name, and takes it down again", async () => {
    const folder = join(engine.folder, "project");
    mkdirSync(folder);
    writeFileSync(join(folder, "docker-compose.yml"), PROJECT);
    const compose = composeIn(folder);
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

describe("docker-compose with all that people write", () => {
  let folder: string;
  let compose: ReturnType<typeof composeIn>;
  beforeAll(() => {
    folder = join(engine.folder, "larger");
    mkdirSync(join(folder, "made"), { recursive: true });
    writeFileSync(join(folder, "docker-compose.yml"), LARGER);
    writeFileSync(join(folder, "variables"), "IN_FILE=yes\n");
    writeFileSync(
      join(folder, "made", "Dockerfile"),
      'FROM busybox\nARG WORD\nRUN echo $WORD > /word\nCMD ["sh", "-c", "echo started; sleep 1000"]\n',
    );
    compose = composeIn(folder);
  });

  test("builds, starts several of one service, and leaves out what no profile asks for", async () => {
    await compose("up", "-d", "--build", "--scale", "worker=3");
    const names = (await engine.ok("ps", "--format", "{{.Names}}")).split("\n").sort();
    expect(names).toEqual(["larger_made_1", "larger_worker_1", "larger_worker_2", "larger_worker_3"]);
    expect(await compose("exec", "-T", "made", "cat", "/word")).toBe("built\n");
    await followUntil(folder, "made", "started");
  });

  test("gives names, addresses, limits, variables and mounts", async () => {
    const inWorker = (script: string) => compose("exec", "-T", "worker", "sh", "-c", script);
    expect(await inWorker("nslookup other-name | tail -n +3")).toContain("10.91.0.7");
    expect(await inWorker("nslookup made | tail -n +3")).toContain("10.91.0.7");
    expect(await inWorker("grep named /etc/hosts; ulimit -n")).toBe("10.9.9.9\tnamed\n1000\n");
    expect(await inWorker("cat /proc/sys/net/ipv4/ip_local_port_range")).toBe("2000\t3000\n");
    await inWorker("echo shared > /data/file");
    const inMade = (script: string) => compose("exec", "-T", "made", "sh", "-c", script);
    expect(await inMade("cat /data/file; echo $IN_FILE; ls /source")).toBe("shared\nyes\nDockerfile\n");
    expect(await inMade("touch /data/x 2>/dev/null || echo read-only; touch /scratch/x")).toBe("read-only\n");
    const limit = await engine.ok("inspect", "-f", "{{.HostConfig.CapDrop}}", "larger_worker_1");
    expect(limit).toBe("[ALL]");
  });

  test("starts what a profile asks for, runs one-off commands, scales down, and changes only what changed", async () => {
    await compose("--profile", "tools", "up", "-d", "--scale", "worker=3", "tool");
    expect(await compose("run", "--rm", "-T", "worker", "echo", "one-off")).toBe("one-off\n");
    const before = await engine.ok("inspect", "-f", "{{.Id}}", "larger_made_1");
    writeFileSync(join(folder, "docker-compose.yml"), LARGER.replace("purpose: test", "purpose: other"));
    await compose("up", "-d", "--scale", "worker=1");
    expect(await engine.ok("inspect", "-f", "{{.Id}}", "larger_made_1")).toBe(before);
    const label = '{{index .Config.Labels "purpose"}}';
    expect(await engine.ok("inspect", "-f", label, "larger_worker_1")).toBe("other");
    expect(await engine.ok("ps", "-q", "--filter", "label=com.docker.compose.service=worker")).toMatch(
      /^\w+$/,
    );
    await compose("pause", "worker");
    await compose("unpause", "worker");
    await compose("restart", "-t", "0", "worker");
  });

  test("takes all of it down, volumes and images too", async () => {
    await compose("--profile", "tools", "down", "-v", "--rmi", "all", "-t", "0");
    await engine.ok("load", "-i", join(engine.folder, "busybox.tar"));
    expect(await engine.ok("ps", "-aq")).toBe("");
    expect(await engine.ok("volume", "ls", "-q")).toBe("");
    expect(await engine.ok("network", "ls", "--filter", "type=custom", "-q")).toBe("");
    expect(await engine.ok("images", "--format", "{{.Repository}}")).toBe("busybox");
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
