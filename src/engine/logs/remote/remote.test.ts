import { describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import type { LogContext, LogMessage } from "../types.ts";
import { RemoteLog } from "./driver.ts";
import { FLUENTD } from "./fluentd.ts";
import { chunks, GELF } from "./gelf.ts";
import { field } from "./journald.ts";
import { pieceCounter } from "./kinds.ts";
import { pack } from "./msgpack.ts";
import { line, SYSLOG } from "./syslog.ts";
import { parseAddress } from "./transport.ts";

const context: LogContext = {
  id: "0123456789abcdef",
  name: "web",
  image: "busybox",
  imageID: "sha256:ffff",
  command: "echo x",
  created: "2026-01-02T03:04:05Z",
  labels: { tier: "front" },
  env: [],
  folder: "/nowhere",
};

const message = (text: string, stream: "stdout" | "stderr" = "stdout"): LogMessage => ({
  line: Buffer.from(text),
  stream,
  time: "2026-01-02T03:04:05.123456789Z",
});

describe("syslog", () => {
  test("writes RFC 5424 and 3164, severity by stream, facility by option", () => {
    const options = {
      "syslog-format": "rfc5424micro",
      tag: "{{.Name}}/{{.ID}}",
      "syslog-facility": "local0",
    };
    expect(line(options, context, "udp", message("hi\n", "stderr"))).toMatch(
      /^<131>1 2026-01-02T03:04:05\.123456Z \S+ web\/0123456789ab \d+ web\/0123456789ab - hi$/,
    );
    expect(line({}, context, "unixgram", message("hi\n"))).toMatch(
      /^<30>Jan {2}\d \d\d:04:05 0123456789ab\[\d+\]: hi$/,
    );
  });
  test("refuses malformed addresses, formats and facilities", () => {
    expect(() => SYSLOG.check({ "syslog-address": "nonsense" })).toThrow("should be in form proto://address");
    expect(() => SYSLOG.check({ "syslog-address": "http://x" })).toThrow("unsupported scheme");
    expect(() => SYSLOG.check({ "syslog-facility": "none" })).toThrow("invalid syslog facility");
    expect(() => SYSLOG.check({ "syslog-format": "x" })).toThrow("Invalid syslog format");
  });
});

describe("gelf", () => {
  const options = { "gelf-address": "udp://127.0.0.1:1", labels: "tier" };
  test("packs a record with the container's facts", () => {
    const [bytes] = GELF.prepare(options, context).encode(message("hi\n"));
    expect(JSON.parse(gunzipSync(bytes!).toString())).toMatchObject({
      version: "1.1",
      short_message: "hi",
      timestamp: 1767323045.123,
      level: 6,
      _container_name: "web",
      _tier: "front",
    });
    expect(GELF.prepare(options, context).encode(message("\n"))).toEqual([]);
  });
  test("splits what does not fit into a datagram", () => {
    const pieces = chunks(Buffer.alloc(3000, 7));
    expect(pieces.map(({ length }) => length)).toEqual([1420, 1420, 196]);
    expect(pieces.map((piece) => [piece[0], piece[1], piece[10], piece[11]])).toEqual([
      [0x1e, 0x0f, 0, 3],
      [0x1e, 0x0f, 1, 3],
      [0x1e, 0x0f, 2, 3],
    ]);
  });
  test("needs an address, and takes each option for its own protocol only", () => {
    expect(() => GELF.check({})).toThrow("gelf-address is a required parameter");
    expect(() => GELF.check({ ...options, "gelf-tcp-max-reconnect": "1" })).toThrow("only supported on TCP");
  });
});

test("msgpack: short and long strings, maps, numbers", () => {
  expect(pack(["ab", 5, { k: "v" }]).toString("hex")).toBe("93a2616205" + "81a16ba176");
  expect(pack("x".repeat(300)).subarray(0, 3).toString("hex")).toBe("da012c");
  expect(pack(1_700_000_000).toString("hex")).toBe("cf000000006553f100");
});

test("fluentd: an entry is [tag, time, record]", () => {
  const [bytes] = FLUENTD.prepare({}, context).encode(message("cut"));
  expect(bytes![0]).toBe(0x93);
  expect(Buffer.from(bytes!).toString("latin1")).toContain("partial_message");
});

test("journald: a field carries any bytes", () => {
  expect(field("MESSAGE", Buffer.from("a\nb")).toString("latin1")).toBe("MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n");
});

test("pieceCounter() gives the pieces of a line one id, and numbers; whole lines have none", () => {
  const count = pieceCounter();
  expect(count(message("whole\n"))).toBeUndefined();
  const first = count(message("a"))!;
  const error = count(message("b", "stderr"))!;
  expect([first.ordinal, first.last, error.id === first.id]).toEqual([1, false, false]);
  expect(first.id).toMatch(/^[0-9a-f]{64}$/);
  expect(count(message("c"))).toEqual({ id: first.id, ordinal: 2, last: false });
  expect(count(message("d\n"))).toEqual({ id: first.id, ordinal: 3, last: true });
  expect(count(message("e\n"))).toBeUndefined();
  expect(count(message("f\n", "stderr"))).toEqual({ id: error.id, ordinal: 2, last: true });
});

test("parseAddress() gives the default port, and takes IPv6", () => {
  expect(parseAddress("x", "tcp://[::1]", ["tcp"], 7)).toMatchObject({ host: "::1", port: 7 });
  expect(parseAddress("x", "unix:///a/b", ["unix"], 7)).toMatchObject({ path: "/a/b" });
});

describe("RemoteLog", () => {
  const options = { name: "x", encode: (m: LogMessage) => [m.line], attempts: 1, retryDelay: 0 };
  const never = () => Promise.reject(new Error("not called"));
  test("delivers in order, makes the writer wait once a lot is waiting, and closes after the last line", async () => {
    const seen: string[] = [];
    const closed = Promise.withResolvers<void>();
    const transport = {
      async send(bytes: Uint8Array) {
        await Promise.resolve();
        seen.push(String(bytes.length));
      },
      close: async () => closed.resolve(),
    };
    const log = new RemoteLog({ ...options, connect: never, onFailure: () => {} }, transport);
    expect(log.write([message("a")])).toBeUndefined();
    const wait = log.write([message("x".repeat(2 << 20))]);
    log.close();
    await wait;
    await closed.promise;
    expect(seen).toEqual(["1", String(2 << 20)]);
  });
  test("drops the oldest lines rather than wait when it is non-blocking", async () => {
    const gate = Promise.withResolvers<void>();
    const seen: string[] = [];
    const transport = {
      async send(bytes: Uint8Array) {
        await gate.promise;
        seen.push(Buffer.from(bytes).toString());
      },
      close: async () => {},
    };
    const log = new RemoteLog({ ...options, connect: never, nonBlocking: 3, onFailure: () => {} }, transport);
    for (const text of ["first", "a", "b", "c", "d"]) expect(log.write([message(text)])).toBeUndefined();
    gate.resolve();
    await Bun.sleep(1);
    expect(seen).toEqual(["first", "b", "c", "d"]);
  });
  test("tells of a receiver that is away once, and goes on when it is back", async () => {
    const failures: string[] = [];
    const seen: string[] = [];
    let there = false;
    const connect = async () => {
      if (!there) throw new Error("refused");
      return {
        send: async (b: Uint8Array) => void seen.push(Buffer.from(b).toString()),
        close: async () => {},
      };
    };
    const log = new RemoteLog({ ...options, connect, onFailure: (m) => failures.push(m) }, undefined);
    log.write([message("lost"), message("lost too")]);
    await Bun.sleep(1);
    there = true;
    log.write([message("found")]);
    await Bun.sleep(1);
    expect([failures, seen]).toEqual([["refused"], ["found"]]);
  });
});
