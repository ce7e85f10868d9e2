/**
 * Requests of every operation with wrong types, sizes, encodings and cut bodies, from a seed: never a crash, a hang, or
 * a 500 without a message, and afterwards as many descriptors, child processes and mounts as before.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { Random } from "../hack/lib/random.ts";
import { type Operation, readOperations } from "./lib/contract/document.ts";
import { type Engine, eventually, startTestEngine } from "./lib/engine.ts";

const SEED = Number(process.env["PEQUOD_FUZZ_SEED"] ?? 20_261_124);
const ROUNDS = Number(process.env["PEQUOD_FUZZ_ROUNDS"] ?? 15);
/** Below what this test may have open itself. */
const HALF_OPEN = 2000;
/** Fewer than a listening socket lets wait. */
const AT_ONCE = 100;

let engine: Engine;
let socket: string;
/** When nothing ran, and all that is opened once for the daemon's life was open. */
let before: Counts;
beforeAll(async () => {
  engine = await startTestEngine();
  socket = join(engine.folder, "docker.sock");
});
afterAll(() => engine.stop());

/** Waits until the counts are as before; the error shows what is open. */
async function asBefore(holds: (now: Counts) => boolean): Promise<void> {
  await eventually(`the counts of before, ${JSON.stringify(before)}`, counts, holds).catch((error) => {
    throw new Error(`${error}\nopen: ${descriptors().join(" ")}`);
  });
}

function descriptors(): string[] {
  const folder = `/proc/${engine.chain.dockerd.pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      const target = readlinkSync(join(folder, fd));
      // Bun opens the daemon's own output again when it feels like it, once.
      return target.endsWith("/dockerd.log") ? [] : [`${fd}=${target}`];
    } catch {
      return [];
    }
  });
}

interface Counts {
  descriptors: number;
  children: number;
  mounts: number;
}

function counts(): Counts {
  const { pid } = engine.chain.dockerd;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return {
    descriptors: descriptors().length,
    children: children === "" ? 0 : children.split(" ").length,
    mounts: readFileSync(`/proc/${pid}/mounts`, "utf8").trim().split("\n").length,
  };
}

/** Operations that end the test's own premises, or wait for ever by design. */
const LEFT_OUT =
  /^(GET \/events|POST \/containers\/\{id\}\/wait|GET \/containers\/\{id\}\/attach\/ws|POST \/session)$/;

const NAMES = [
  "running",
  "stopped",
  "vol",
  "busybox",
  "bridge",
  "none-such",
  "../..",
  "%00",
  "a".repeat(300),
  "é",
];
/** Ids of containers that have been made of random requests. */
const made: string[] = [];
const STRINGS = ["", "x", "-1", "0", "\u0000", "../../etc", "💥", "x".repeat(5000), "null", "{}", "[", "%zz"];

function value(random: Random, depth = 0): unknown {
  const scalars = [null, true, -1, 0, 1e308, 2 ** 53, 0.5, random.pick(STRINGS), random.pick(NAMES)];
  if (depth > 3 || random.chance(0.5)) return random.pick(scalars);
  const items = Array.from({ length: random.below(4) }, () => value(random, depth + 1));
  if (random.chance(0.5)) return items;
  return Object.fromEntries(items.map((item) => [random.pick(KEYS), item]));
}

const KEYS = (
  "Image Cmd Env Entrypoint HostConfig NetworkingConfig Labels ExposedPorts Volumes Healthcheck User WorkingDir " +
  "Binds Mounts Memory NanoCpus CapAdd CapDrop PortBindings RestartPolicy LogConfig NetworkMode IpcMode PidMode Devices " +
  "Ulimits Sysctls Tmpfs SecurityOpt DnsOptions ExtraHosts Links VolumesFrom Name Driver DriverOpts IPAM Config Type " +
  "Source Target EndpointsConfig Aliases IPAMConfig Test Interval Timeout Retries AttachStdout Tty Detach ConsoleSize"
).split(" ");
const PARAMETERS = (
  "all limit size filters stdout stderr tail since until follow timestamps t signal h w name path condition logs stream " +
  "stdin detachKeys force v link fromImage tag repo fromSrc changes term names quiet type dangling container ps_args"
).split(" ");

function requestOf(
  random: Random,
  operation: Operation,
): { method: string; path: string; body: Buffer | undefined } {
  const path = operation.path.replace(/\{\w+\}/g, () =>
    random.pick([...NAMES.map(encodeURIComponent), "%zz", ...made.slice(-5)]),
  );
  const query = Array.from({ length: random.below(4) }, () => {
    const text = random.chance(0.5) ? JSON.stringify(value(random)) : random.pick(STRINGS);
    return `${random.pick(PARAMETERS)}=${encodeURIComponent(text)}`;
  })
    // These two make an answer that has no end.
    .filter((pair) => !/^(follow|stream)=/.test(pair))
    .concat(/stats$/.test(path) ? ["stream=0", "one-shot=1"] : []);
  const body = operation.takesJSON || random.chance(0.2) ? bodyOf(random) : undefined;
  return { method: operation.method, path: `${path}?${query.join("&")}`, body };
}

function bodyOf(random: Random): Buffer {
  const text = Buffer.from(JSON.stringify(random.chance(0.7) ? record(random) : value(random)) ?? "");
  if (random.chance(0.15)) return text.subarray(0, random.below(text.length));
  if (random.chance(0.1)) return Buffer.concat([text, Buffer.from([0xff, 0xfe, 0x00])]);
  return text;
}

function record(random: Random): object {
  const fields = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, () => [random.pick(KEYS), value(random)]));
  if (random.chance(0.3)) return fields(1 + random.below(5));
  // What passes the first checks goes deeper.
  const HostConfig = random.chance(0.5) ? { HostConfig: fields(2) } : {};
  return {
    Image: "busybox",
    Cmd: ["sleep", "100"],
    StopTimeout: 0,
    ...fields(random.below(2)),
    ...HostConfig,
  };
}

async function makePremises(): Promise<void> {
  const sleeper = ["--init", "--stop-timeout", "0", "busybox", "sleep", "1000"];
  await engine.ok("run", "-d", "--name", "running", ...sleeper);
  await engine.ok("create", "--name", "stopped", "busybox", "true");
  await engine.ok("volume", "create", "vol");
}

/** A request may have removed it. */
async function keepImage(): Promise<void> {
  const { code } = await engine.docker(["image", "inspect", "busybox"]);
  if (code !== 0) await engine.ok("load", "-i", join(engine.folder, "busybox.tar"));
}

/** Some rounds of requests to every operation; afterwards nothing runs. */
async function pass(random: Random, rounds: number): Promise<void> {
  const operations = readOperations().filter(({ key }) => !LEFT_OUT.test(key));
  await makePremises();
  for (let round = 0; round < rounds; round++) {
    await keepImage();
    for (const operation of operations) {
      const { method, path, body } = requestOf(random, operation);
      const shown = `${method} ${path.slice(0, 300)} ${body?.toString().slice(0, 600) ?? ""}`;
      const response = await fetch(`http://d/v1.50${path}`, {
        unix: socket,
        method,
        signal: AbortSignal.timeout(20_000),
        // A connection that the client keeps would count as a descriptor.
        headers: { Connection: "close", ...(body ? { "Content-Type": "application/json" } : {}) },
        ...(body && method !== "GET" && method !== "HEAD" ? { body } : {}),
      }).catch((error) => {
        throw new Error(`${shown}: ${error}`);
      });
      const text = await response.text();
      if (operation.key === "POST /containers/create" && response.status === 201) {
        made.push((JSON.parse(text) as { Id: string }).Id);
      }
      if (response.status >= 400 && method !== "HEAD") {
        const message = (JSON.parse(text || "{}") as { message?: unknown }).message;
        expect({ shown, status: response.status, message }).toMatchObject({
          message: expect.stringMatching(/./),
        });
      }
      // A JavaScript error that got out says that something was not checked.
      expect(`${shown}: ${text.slice(0, 300)}`).not.toMatch(
        /is not (a function|iterable|an object)|undefined is not|Cannot read prop|Invalid argument type|must be of type/,
      );
    }
  }
  expect(engine.chain.dockerd.exitCode).toBeNull();
  await removeAll();
  await keepImage();
}

test(`no request of seed ${SEED} crashes, hangs or leaks`, async () => {
  const random = new Random(SEED);
  await pass(random, 3);
  before = counts();
  await pass(random, ROUNDS);
  await asBefore((now) => isNoMore(now, before));
});

const isNoMore = (now: Counts, then: Counts) =>
  now.descriptors <= then.descriptors && now.children <= then.children && now.mounts <= then.mounts;

/** All containers go, whatever the requests have made of them. */
async function removeAll(): Promise<void> {
  const ids = (await engine.ok("ps", "-aq")).split("\n").filter(Boolean);
  if (ids.length > 0) await engine.ok("rm", "-f", "-v", ...ids);
}

test("clients that read and write a byte at a time hold nobody up, and are served to the end", async () => {
  const body = JSON.stringify({ Image: "busybox", Cmd: ["true"], Labels: { long: "x".repeat(200) } });
  const head = "POST /v1.50/containers/create?name=slow HTTP/1.1\r\nHost: d\r\nConnection: close\r\n";
  const text = `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const client = await connected();
  let answer = "";
  client.on("data", (chunk) => {
    answer += chunk;
  });
  const closed = new Promise((resolve) => client.once("close", resolve));
  for (const letter of text) {
    client.write(letter);
    await new Promise(setImmediate);
  }
  // Answers that nobody reads: the engine must not keep them all in memory, nor wait with others.
  const lazy = Array.from({ length: 50 }, () => {
    const one = connect(socket);
    one.on("error", () => {});
    one.pause();
    one.write("GET /v1.50/images/busybox/get HTTP/1.1\r\nHost: d\r\n\r\n");
    return one;
  });
  await closed;
  expect(answer).toStartWith("HTTP/1.1 201");
  expect((await engine.docker(["version"])).code).toBe(0);
  for (const one of lazy) one.destroy();
  await removeAll();
  await asBefore((now) => isNoMore(now, before));
});

/** A connection; where the queue of those that wait is full, it is tried again. */
async function connected(): Promise<Socket> {
  for (;;) {
    const client = connect(socket);
    const there = await new Promise<boolean>((resolve) => {
      client.once("connect", () => resolve(true));
      client.on("error", () => resolve(false));
    });
    if (there) return client;
    await new Promise(setImmediate);
  }
}

test("half-open and cut connections are let go of", async () => {
  const sockets: Socket[] = [];
  while (sockets.length < HALF_OPEN) {
    const more = await Promise.all(Array.from({ length: AT_ONCE }, connected));
    for (const [i, client] of more.entries()) {
      if (i % 3 === 0)
        client.write("POST /v1.50/containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: 100\r\n\r\n{");
      if (i % 3 === 1) client.write("GET /v1.50/events HTTP/1.1\r\nHost: d\r\n\r\n");
    }
    sockets.push(...more);
  }
  expect((await engine.docker(["version"])).code).toBe(0);
  for (const client of sockets) client.destroy();
  await asBefore((now) => isNoMore(now, before));
  const rollup = readFileSync(`/proc/${engine.chain.dockerd.pid}/smaps_rollup`, "utf8");
  expect(Number(/^Private_Dirty: *(\d+) kB$/m.exec(rollup)?.[1])).toBeLessThan(200_000);
});
