/** Under Debian's firewalld, with a D-Bus of its own: containers are reached, also after a reload. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { type Engine, eventually, startTestEngine } from "./lib/engine.ts";
import { startFirewalld, type TestFirewalld } from "./lib/firewalld.ts";
import { type Outside, startOutside } from "./lib/outside.ts";

let folder: string;
let firewalld: TestFirewalld;
let outside: Outside;
let engine: Engine | undefined;
const before = process.env["DBUS_SYSTEM_BUS_ADDRESS"];

beforeAll(async () => {
  folder = mkdtempSync("/tmp/pequod-firewalld-");
  outside = await startOutside();
  firewalld = await startFirewalld(folder);
  process.env["DBUS_SYSTEM_BUS_ADDRESS"] = firewalld.address;
  engine = await startTestEngine();
});
afterAll(async () => {
  await engine?.stop();
  await firewalld.stop();
  outside.close();
  if (before === undefined) delete process.env["DBUS_SYSTEM_BUS_ADDRESS"];
  else process.env["DBUS_SYSTEM_BUS_ADDRESS"] = before;
  rmSync(folder, { recursive: true, force: true });
});

const rules = () =>
  Bun.spawnSync(["iptables-save"])
    .stdout.toString()
    .split("\n")
    .filter((line) => line.startsWith("-A"));
const fetched = () => {
  try {
    return outside.run("timeout", "2", "busybox", "wget", "-qO-", "http://192.0.2.1:8080/");
  } catch (error) {
    return String(error);
  }
};

test("bridges are in the zone docker, ports are reached, and a reload takes neither away", async () => {
  const { ok } = engine!;
  await ok("network", "create", "-o", "com.docker.network.bridge.name=br-zoned", "zoned");
  const serve = "echo I am served > index.html; exec httpd -f -p 80";
  await ok("run", "-d", "--name", "web", "--network", "zoned", "-p", "8080:80", "busybox", "sh", "-c", serve);
  const zone = () => firewalld.command("--zone=docker", "--list-interfaces");
  expect((await zone()).split(" ").sort()).toEqual(["br-zoned", "docker0"]);
  expect(await firewalld.command("--permanent", "--zone=docker", "--get-target")).toBe("ACCEPT");
  await eventually("the page", fetched, (text) => text === "I am served\n");
  const there = rules();
  await firewalld.command("--reload");
  await eventually("the zone", zone, (text) => text.includes("br-zoned") && text.includes("docker0"));
  // firewalld may have been amid a reload of its own when they were read: each is back, and none is doubled.
  const back = (seen: string[]) =>
    there.every((rule) => seen.includes(rule)) && new Set(seen).size === seen.length;
  await eventually("the rules", rules, back);
  expect(fetched()).toBe("I am served\n");
  await ok("rm", "-f", "web");
  await ok("network", "rm", "zoned");
  expect(await zone()).toBe("docker0");
}, 120_000);
