import { describe, expect, test } from "bun:test";
import { hostUser, userAddress } from "./manager.ts";
import { Reader, splitSignature, type Value, Writer } from "./marshal.ts";
import { unitProperties } from "./properties.ts";
import { parseScopeName, sliceFolder } from "./scope.ts";

describe("D-Bus marshalling", () => {
  test("splitSignature() finds the complete types", () => {
    expect(splitSignature("ssa(sv)a(sa(sv))u")).toEqual(["s", "s", "a(sv)", "a(sa(sv))", "u"]);
    expect(() => splitSignature("a(sv")).toThrow("does not close");
  });
  test("a written message reads back the same, with every type at its alignment", () => {
    const signature = "ya(sv)tsbauo";
    const values: Value[] = [
      7,
      [
        ["Name", { signature: "s", value: "text" }],
        ["Pids", { signature: "au", value: [1, 2] }],
      ],
      0xffffffffffffffffn,
      "käse",
      true,
      [],
      "/org/x",
    ];
    const writer = new Writer();
    writer.writeAll(signature, values);
    expect(new Reader(writer.finish()).readAll(signature)).toEqual(values);
  });
  test("integers are little-endian and strings end with NUL, as the specification draws them", () => {
    const writer = new Writer();
    writer.writeAll("ys", [1, "ab"]);
    expect([...writer.finish()]).toEqual([1, 0, 0, 0, 2, 0, 0, 0, 97, 98, 0]);
  });
});

describe("scope names", () => {
  test("parseScopeName() reads slice:prefix:name", () => {
    expect(parseScopeName("user.slice:docker:abc", "abc")).toEqual({
      slice: "user.slice",
      unit: "docker-abc.scope",
    });
    expect(parseScopeName("", "abc")).toEqual({ slice: "system.slice", unit: "runc-abc.scope" });
    expect(parseScopeName("::abc", "abc")).toEqual({ slice: "system.slice", unit: "abc.scope" });
  });
  test("parseScopeName() refuses a path, as runc does", () => {
    expect(() => parseScopeName("/a/b", "b")).toThrow(
      'expected cgroupsPath to be of format "slice:prefix:name"',
    );
  });
  test("sliceFolder() puts a slice below those that its name says", () => {
    expect(sliceFolder("system.slice")).toBe("system.slice");
    expect(sliceFolder("a-b-c.slice")).toBe("a.slice/a-b.slice/a-b-c.slice");
    expect(sliceFolder("-.slice")).toBe("");
    for (const bad of ["a", ".slice", "a--b.slice", "../x.slice"])
      expect(() => sliceFolder(bad)).toThrow("invalid slice name");
  });
});

test("unitProperties() gives systemd the limits of config.json", () => {
  const resources = {
    memory: { limit: 100, swap: 150, reservation: 50 },
    cpu: { shares: 1024, quota: 25_000, period: 50_000 },
    pids: { limit: -1 },
  };
  const values = Object.fromEntries(
    unitProperties(resources, true).map(([name, { value }]) => [name, value]),
  );
  expect(values).toEqual({
    MemoryMax: 100n,
    MemoryLow: 50n,
    MemorySwapMax: 50n,
    CPUWeight: 39n,
    CPUQuotaPeriodUSec: 50_000n,
    CPUQuotaPerSecUSec: 500_000n,
    TasksMax: 0xffffffffffffffffn,
  });
  expect(unitProperties(resources, false).map(([name]) => name)).toContain("MemoryLimit");
});

describe("a user's manager", () => {
  const HOST = "0 0 4294967295\n";
  test("hostUser() is the user that the host sees", () => {
    expect(hostUser(1000, HOST)).toBe(1000);
    expect(hostUser(0, "         0       1000          1\n         1     100000      65536\n")).toBe(1000);
    expect(hostUser(5, "0 1000 1\n1 100000 65536\n")).toBe(100004);
  });
  test("userAddress() prefers the bus that the environment names, then the user's, then the manager's socket", () => {
    const there =
      (...paths: string[]) =>
      (path: string) =>
        paths.includes(path);
    const env = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/tmp/bus,guid=1", XDG_RUNTIME_DIR: "/r" };
    expect(userAddress(7, env, there("/tmp/bus", "/r/bus"))).toEqual({ path: "/tmp/bus", direct: false });
    expect(userAddress(7, env, there("/r/bus", "/r/systemd/private")).path).toBe("/r/bus");
    expect(userAddress(7, {}, there("/run/user/7/systemd/private"))).toEqual({
      path: "/run/user/7/systemd/private",
      direct: true,
    });
    expect(() => userAddress(7, env, there())).toThrow("systemd of user 7 cannot be reached");
  });
  test("without a slice of its own a scope is in user.slice", () => {
    expect(parseScopeName(":p:n", "id", "user")).toEqual({ slice: "user.slice", unit: "p-n.scope" });
  });
});
