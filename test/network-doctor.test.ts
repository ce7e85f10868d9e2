/** `docker network doctor` finds what has been broken on purpose, names it, and its cure works. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Engine, eventually, OUR_CLI, startTestEngine } from "./lib/engine.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
  Bun.spawnSync(["ip", "link", "add", "way-out", "type", "veth", "peer", "name", "away"]);
  for (const words of ["addr add 198.51.100.1/24 dev way-out", "link set way-out up", "link set away up"])
    Bun.spawnSync(["ip", ...words.split(" ")]);
  Bun.spawnSync(["ip", "route", "add", "default", "via", "198.51.100.2"]);
  const serve = "echo hello > index.html; exec httpd -f -p 80";
  await engine.ok(
    "run",
    "-d",
    "--name",
    "web",
    "-p",
    "8080:80",
    "-p",
    "8081:81",
    "busybox",
    "sh",
    "-c",
    serve,
  );
});
afterAll(async () => {
  await engine.stop();
  Bun.spawnSync(["ip", "link", "del", "way-out"]);
});

const doctor = (name = "web") => engine.docker(["network", "doctor", name], { cli: OUR_CLI });
const sh = (command: string) => {
  const child = Bun.spawnSync(["sh", "-c", command]);
  if (child.exitCode !== 0) throw new Error(`${command}: ${child.stderr}`);
};
const lineOf = (text: string, part: string) => text.split("\n").findIndex((line) => line.includes(part));

/** Breaks something, expects it to be named, applies the cure that is printed, and expects it gone. */
async function brokenAndCured(command: string, named: string): Promise<void> {
  sh(command);
  const { stdout, code } = await doctor();
  const at = lineOf(stdout, named);
  expect(stdout).toContain(named);
  expect(stdout.split("\n")[at]).toContain("PROBLEM");
  expect(code).toBe(1);
  sh(stdout.split("\n")[at + 1]!.replace(/^\s*cure: /, ""));
  expect((await doctor()).stdout).not.toContain(named);
}

test("a healthy way is called so, and a port where nothing listens is named", async () => {
  await eventually("a listener", doctor, ({ stdout }) =>
    stdout.includes("8080/tcp: leads to 80/tcp, where something listens"),
  );
  const { stdout, code } = await doctor();
  expect(stdout).toContain("ok       forwarding: this host forwards packets");
  expect(stdout).toContain("172.17.0.2 on eth0, joined to the bridge docker0");
  expect(stdout).toContain("ok       packets to 8080/tcp: the firewall lets it through");
  expect(stdout).toContain("PROBLEM  port 8081/tcp: nothing listens at 81/tcp inside the container");
  expect(code).toBe(1);
});

test.each([
  ["sysctl -qw net.ipv4.ip_forward=0", "net.ipv4.ip_forward is off"],
  ["iptables -I FORWARD -s 172.17.0.0/16 -j DROP", "a rule catches it: -A FORWARD -s 172.17.0.0/16 -j DROP"],
  ["iptables -I DOCKER-USER -p tcp --dport 80 -j REJECT", "a rule catches it: -A DOCKER-USER -p tcp"],
  ["ip link set docker0 down", "the bridge docker0 is down"],
  [
    "nft add table inet other; nft 'add chain inet other passing { type filter hook forward priority 10; policy drop; }'",
    "its chain passing drops forwarded packets",
  ],
])("%s", (command, named) => brokenAndCured(command, named));

test("networks without a way out, ports that are taken, containers that do not run", async () => {
  sh("nft delete table inet other");
  await engine.ok("network", "create", "--internal", "inner");
  await engine.ok("run", "-d", "--name", "shut", "--network", "inner", "busybox", "sleep", "1000");
  expect((await doctor("shut")).stdout).toContain(
    "inner is an internal network: it has no way out, by design",
  );
  await engine.ok("create", "--name", "waiting", "-p", "8080:80", "busybox");
  const { stdout } = await doctor("waiting");
  expect(stdout).toContain("waiting (not running)");
  expect(stdout).toContain("PROBLEM  port 8080/tcp: is taken on this host by docker-proxy");
  const missing = await doctor("nonesuch");
  expect(missing.stderr).toContain("No such container: nonesuch");
  await engine.ok("rm", "-f", "web", "shut", "waiting");
  await engine.ok("network", "rm", "inner");
});
