/** Containers on networks: who reaches whom, by which address, port and name, and what is left when they have gone. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inNetns } from "../src/linux/netns.ts";
import { askInside, startDnsServer } from "./lib/dns.ts";
import { type Engine, eventually, startTestEngine } from "./lib/engine.ts";
import { type Outside, startOutside } from "./lib/outside.ts";

let engine: Engine;
let outside: Outside;

beforeAll(async () => {
  outside = await startOutside();
  engine = await startTestEngine();
});
afterAll(async () => {
  await engine.stop();
  outside.close();
});

const ok = (...args: string[]) => engine.ok(...args);
const fails = async (...args: string[]) => {
  const { code, stderr } = await engine.docker(args);
  return code === 0 ? "succeeded" : stderr;
};
const start = (name: string, ...options: string[]) =>
  ok("run", "-d", "--name", name, ...options, "busybox", "sleep", "1000");
const web = (name: string, ...options: string[]) =>
  ok(
    "run",
    "-d",
    "--name",
    name,
    ...options,
    "busybox",
    "sh",
    "-c",
    `echo I am ${name} > index.html; exec httpd -f -p 80`,
  );
const remove = (...names: string[]) => ok("rm", "-f", ...names);
const inspect = (name: string, format: string) => ok("inspect", "-f", format, name);
const pidOf = async (name: string) => Number(await inspect(name, "{{.State.Pid}}"));
const exec = async (name: string, script: string) => {
  const { code, stdout, stderr } = await engine.docker(["exec", name, "sh", "-c", script]);
  return code === 0 ? stdout.trim() : `exit ${code}: ${stderr}`;
};
/** Whether an answer comes, within so many seconds; few where none is expected. */
const ping = async (name: string, target: string, seconds = 10) =>
  (await engine.docker(["exec", name, "ping", "-c", "1", "-W", String(seconds), target])).code === 0;
/** What a server says; its program may need a moment to listen. */
const page = (url: string) =>
  eventually(
    url,
    () => fetch(url).then((r) => r.text(), String),
    (text) => text.includes("I am"),
  );

function rules(): string[] {
  const saved = ["", "6"].map((v) => Bun.spawnSync([`ip${v}tables-save`]).stdout.toString()).join("");
  return saved.split("\n").filter((line) => line.startsWith("-A"));
}
/** Interfaces of the host. */
const links = () =>
  [...readFileSync("/proc/net/dev", "utf8").matchAll(/^\s*([^\s:]+):/gm)].map((match) => match[1]!).sort();
const pins = () => readdirSync(join(engine.folder, "exec", "netns"));

describe("the default bridge", () => {
  test("gives an address, a route, and a name in /etc/hosts", async () => {
    await start("first");
    expect(await exec("first", "ip -o -4 addr show eth0")).toContain("172.17.0.2/16");
    expect(await exec("first", "ip route")).toContain("default via 172.17.0.1 dev eth0");
    expect(await exec("first", "cat /etc/hosts")).toContain(`172.17.0.2\t${await exec("first", "hostname")}`);
    expect(await inspect("first", "{{.NetworkSettings.IPAddress}} {{.NetworkSettings.MacAddress}}")).toBe(
      "172.17.0.2 02:42:ac:11:00:02",
    );
    await remove("first");
  });
  test("leads to the host, to others on it, and outside under the host's address", async () => {
    await start("one");
    await start("two");
    expect(await ping("one", "172.17.0.1")).toBe(true);
    expect(await ping("one", "172.17.0.3")).toBe(true);
    expect(await ping("one", outside.address)).toBe(true);
    await remove("one", "two");
  });
  test("links: to a container that runs, and gone with rm --link, which leaves the containers", async () => {
    await engine.ok("create", "--name", "asleep", "busybox", "true");
    const absent = await engine.docker(["create", "--link", "nowhere", "busybox", "true"]);
    expect(absent.stderr).toContain("could not get container for nowhere: No such container: nowhere");
    await engine.ok(
      "create",
      "--name",
      "linked",
      "--link",
      "asleep:a",
      "busybox",
      "sh",
      "-c",
      "cat /etc/hosts",
    );
    const refused = await engine.docker(["start", "linked"]);
    expect(refused.stderr).toContain("Cannot link to a non running container: /asleep AS /linked/a");
    const whole = await engine.docker(["rm", "--link", "asleep"]);
    expect(whole.stderr).toContain("Conflict, cannot remove the default link name of the container");
    await engine.ok("rm", "--link", "linked/a");
    expect((await engine.docker(["rm", "--link", "linked/a"])).stderr).toContain(
      "No such container: linked/a",
    );
    expect(await engine.ok("start", "-a", "linked")).toContain("localhost");
    await engine.ok("rm", "asleep", "linked");
  });

  test("links put the other's name into /etc/hosts", async () => {
    await start("server");
    await start("client", "--link", "server:db");
    expect(await exec("client", "ping -c 1 db")).toContain("172.17.0.2");
    expect(await exec("client", "echo $DB_NAME")).toBe("/client/db");
    await remove("server", "client");
  });
});

describe("published ports", () => {
  test("are served to the host, over IPv4 and IPv6, and to the outside", async () => {
    await web("served", "-p", "8080:80", "-p", "127.0.0.1:8082:80");
    expect(await page("http://127.0.0.1:8080/")).toBe("I am served\n");
    expect(await page("http://[::1]:8080/")).toBe("I am served\n");
    expect(await page("http://127.0.0.1:8082/")).toBe("I am served\n");
    expect(outside.run("busybox", "wget", "-qO-", "http://192.0.2.1:8080/")).toBe("I am served\n");
    expect((await ok("port", "served")).split("\n").sort()).toEqual([
      "80/tcp -> 0.0.0.0:8080",
      "80/tcp -> 127.0.0.1:8082",
      "80/tcp -> [::]:8080",
    ]);
    await remove("served");
  });
  test("are served to other containers and to the container itself, by the host's address", async () => {
    await web("served", "-p", "8080:80");
    await start("asking");
    await page("http://127.0.0.1:8080/");
    expect(await exec("asking", "wget -qO- http://172.17.0.1:8080/")).toBe("I am served");
    expect(await exec("served", "wget -qO- http://172.17.0.1:8080/")).toBe("I am served");
    await remove("served", "asking");
  });
  test("carry datagrams there and back", async () => {
    await start("echo", "-p", "5353:53/udp");
    // A server inside of the container's network, since busybox has none for UDP.
    const { opening } = inNetns(`/proc/${await pidOf("echo")}/ns/net`, () => ({
      opening: Bun.udpSocket({
        hostname: "172.17.0.2",
        port: 53,
        socket: { data: (server, bytes, port, from) => void server.send(`echo ${bytes}`, port, from) },
      }),
    }));
    const server = await opening;
    const answer = Promise.withResolvers<string>();
    const client = await Bun.udpSocket({
      connect: { hostname: "127.0.0.1", port: 5353 },
      socket: { data: (_socket, bytes) => answer.resolve(bytes.toString()) },
    });
    client.send("hello");
    expect(await answer.promise).toBe("echo hello");
    client.close();
    server.close();
    await remove("echo");
  });
  test("take many bytes in both directions, and a half-close", async () => {
    const loop = "while true; do nc -l -p 80 -e sha256sum; done";
    await ok("run", "-d", "--name", "sum", "-p", "8085:80", "busybox", "sh", "-c", loop);
    const data = new Uint8Array(3_000_000).fill(7);
    const digest = new Bun.CryptoHasher("sha256").update(data).digest("hex");
    const ask = async () => {
      const child = Bun.spawn(["busybox", "nc", "127.0.0.1", "8085"], {
        stdin: data,
        stdout: "pipe",
        stderr: "ignore",
      });
      return new Response(child.stdout).text();
    };
    await eventually("a digest", ask, (text) => text.startsWith(digest));
    await remove("sum");
  });
  test("of all exposed ones with -P, of a range, and the same of TCP and UDP", async () => {
    await start("all", "-P", "--expose", "80", "--expose", "81/udp");
    expect(await inspect("all", '{{(index .NetworkSettings.Ports "80/tcp" 0).HostPort}}')).toMatch(/^\d+$/);
    expect(await inspect("all", '{{(index .NetworkSettings.Ports "81/udp" 0).HostPort}}')).toMatch(/^\d+$/);
    await start("range", "-p", "7000-7001:80");
    await start("range2", "-p", "7000-7001:80");
    expect(await ok("port", "range", "80")).toContain("0.0.0.0:7000");
    expect(await ok("port", "range2", "80")).toContain("0.0.0.0:7001");
    expect(await fails("run", "--rm", "-p", "7000-7001:80", "busybox", "true")).toContain(
      "port is already allocated",
    );
    await remove("all", "range", "range2");
  });
  test("that are taken are refused, and nothing stays behind", async () => {
    await start("holder", "-p", "8080:80");
    const before = { rules: rules(), links: links(), pins: pins() };
    expect(await fails("run", "--rm", "-p", "8081:81", "-p", "8080:80", "busybox", "true")).toContain(
      "Bind for 0.0.0.0:8080 failed: port is already allocated",
    );
    using server = Bun.serve({ port: 8083, hostname: "0.0.0.0", fetch: () => new Response("") });
    expect(await fails("run", "--rm", "-p", `${server.port}:80`, "busybox", "true")).toContain(
      "listen tcp4 0.0.0.0:8083: bind: address already in use",
    );
    // The kernel takes a network namespace and the links in it apart in its own time.
    await eventually("links gone", links, (seen) => seen.length === before.links.length);
    expect({ rules: rules(), links: links(), pins: pins() }).toEqual(before);
    await start("next", "-p", "8081:81");
    expect(await inspect("next", "{{.NetworkSettings.IPAddress}}")).toBe("172.17.0.3");
    await remove("holder", "next");
  });
});

describe("user-defined networks", () => {
  beforeAll(async () => {
    await ok("network", "create", "--subnet", "10.21.0.0/24", "--label", "kind=test", "red");
    await ok("network", "create", "--subnet", "10.22.0.0/24", "blue");
    await ok("network", "create", "--subnet", "10.23.0.0/24", "--internal", "inner");
  });
  afterAll(async () => {
    await ok("network", "rm", "red", "blue", "inner");
    expect(links().filter((name) => name.startsWith("br-"))).toEqual([]);
    expect(rules().filter((line) => line.includes("br-"))).toEqual([]);
  });

  test("keep containers apart, and from the outside where they are internal", async () => {
    await start("in-red", "--network", "red");
    await start("in-blue", "--network", "blue");
    await start("in-inner", "--network", "inner");
    expect(await ping("in-red", "10.22.0.2", 1)).toBe(false);
    expect(await ping("in-blue", outside.address)).toBe(true);
    expect(await exec("in-inner", "ip route")).not.toContain("default");
    expect(await ping("in-inner", "10.21.0.2", 1)).toBe(false);
    await ok("network", "connect", "blue", "in-red");
    expect(await ping("in-red", "10.22.0.2")).toBe(true);
    expect(await exec("in-red", "ip -o -4 addr show eth1")).toContain("10.22.0.3/24");
    // The default route goes over the first network by name.
    expect(await exec("in-red", "ip route")).toContain("default via 10.22.0.1 dev eth1");
    expect(await fails("network", "rm", "blue")).toContain("has active endpoints");
    expect(await fails("network", "connect", "blue", "in-red")).toContain("already exists in network blue");
    await ok("network", "disconnect", "blue", "in-red");
    expect(await exec("in-red", "ip route")).toContain("default via 10.21.0.1 dev eth0");
    expect(await exec("in-red", "cat /etc/hosts")).not.toContain("10.22.");
    await remove("in-red", "in-blue", "in-inner");
  });
  test("give the addresses that are asked for", async () => {
    await start("asked", "--network", "red", "--ip", "10.21.0.77", "--mac-address", "02:00:00:00:00:07");
    expect(await exec("asked", "ip addr show eth0")).toMatch(/02:00:00:00:00:07[\s\S]*10\.21\.0\.77\/24/);
    expect(await fails("run", "--rm", "--network", "red", "--ip", "10.21.0.77", "busybox")).toContain(
      "Address already in use",
    );
    expect(await fails("run", "--rm", "--network", "red", "--ip", "10.99.0.1", "busybox")).toContain(
      "does not belong to any of this network's subnets",
    );
    await ok("stop", "-t", "0", "asked");
    await ok("start", "asked");
    expect(await inspect("asked", "{{.NetworkSettings.Networks.red.MacAddress}}")).toBe("02:00:00:00:00:07");
    await remove("asked");
  });
  test("reserve auxiliary addresses, give out of a range, carry IPv6", async () => {
    const range = ["--subnet", "10.24.0.0/24", "--ip-range", "10.24.0.128/25", "--gateway", "10.24.0.1"];
    const more = ["--aux-address", "router=10.24.0.128", "--ipv6", "--subnet", "fd00:24::/64"];
    await ok("network", "create", ...range, ...more, "six");
    await start("s1", "--network", "six");
    await start("s2", "--network", "six", "--ip6", "fd00:24::99");
    expect(await exec("s1", "ip -o -4 addr show eth0")).toContain("10.24.0.129/24");
    expect(await exec("s2", "ip -o -6 addr show eth0")).toContain("fd00:24::99/64");
    expect(await ping("s1", "fd00:24::99")).toBe(true);
    expect(await ping("s1", "fd00:24::1")).toBe(true);
    expect((await askInside(await pidOf("s1"), "s2", { ipv6: true })).addresses).toEqual([
      "fd000024000000000000000000000099",
    ]);
    await remove("s1", "s2");
    await ok("network", "rm", "six");
  });
  test("refuse what cannot be", async () => {
    expect(await fails("network", "create", "red")).toContain("network with name red already exists");
    expect(await fails("network", "create", "--subnet", "10.21.0.0/16", "x")).toContain("Pool overlaps");
    expect(await fails("network", "create", "-d", "overlay", "x")).toContain(
      "This node is not a swarm manager",
    );
    expect(await fails("network", "create", "-d", "nonesuch", "x")).toContain('plugin "nonesuch" not found');
    expect(await fails("network", "create", "host")).toContain(
      "operation is not permitted on predefined host network",
    );
    expect(await fails("network", "rm", "bridge")).toContain(
      "bridge is a pre-defined network and cannot be removed",
    );
    expect(await fails("network", "inspect", "nonesuch")).toContain("nonesuch not found");
    expect(await fails("run", "--rm", "--network", "nonesuch", "busybox")).toContain(
      "network nonesuch not found",
    );
    expect(await fails("run", "--rm", "--ip", "172.17.0.9", "busybox")).toContain(
      "user specified IP address is supported on user defined networks only",
    );
    expect(links().filter((name) => name.startsWith("br-"))).toHaveLength(3);
  });
  test("are listed by filter and pruned when no container, running or not, uses them", async () => {
    const names = async (...filters: string[]) =>
      (await ok("network", "ls", "--format", "{{.Name}}", ...filters.flatMap((f) => ["--filter", f])))
        .split("\n")
        .sort();
    expect(await names("type=builtin")).toEqual(["bridge", "host", "none"]);
    expect(await names("label=kind=test")).toEqual(["red"]);
    expect(await names("driver=bridge", "type=custom")).toEqual(["blue", "inner", "red"]);
    expect(await names("name=re")).toEqual(["red"]);
    expect(await fails("network", "ls", "--filter", "nonesuch=1")).toContain("invalid filter");
    await ok("network", "create", "unused");
    await ok("network", "create", "of-stopped");
    await ok("create", "--name", "stopped", "--network", "of-stopped", "busybox");
    await ok("create", "--name", "others", "--network", "red", "busybox");
    for (const name of ["blue", "inner"]) await ok("network", "connect", name, "others");
    expect(await ok("network", "prune", "-f")).toBe("Deleted Networks:\nunused");
    expect(await names("type=custom")).toEqual(["blue", "inner", "of-stopped", "red"]);
    await remove("stopped", "others");
    await ok("network", "rm", "of-stopped");
  });
});

describe("names", () => {
  let dns: { stop(): void };
  beforeAll(async () => {
    await ok("network", "create", "--subnet", "10.31.0.0/24", "n1");
    await ok("network", "create", "--subnet", "10.32.0.0/24", "n2");
    dns = await startDnsServer("192.0.2.1");
    await start(
      "c1",
      "--network",
      "n1",
      "--network-alias",
      "web",
      "--dns",
      "192.0.2.1",
      "--dns-search",
      "example",
    );
    await start("c2", "--network", "n1", "--network-alias", "web", "--link", "c1:only-mine");
    await start("c3", "--network", "n2");
  });
  afterAll(async () => {
    await remove("c1", "c2", "c3");
    await ok("network", "rm", "n1", "n2");
    dns.stop();
  });
  const ask = async (who: string, name: string, options = {}) => askInside(await pidOf(who), name, options);

  test("of containers, aliases, ids and links are found on the networks that the asker is on", async () => {
    const id = (await ok("ps", "-q", "--no-trunc", "--filter", "name=c2")).slice(0, 12);
    for (const name of ["c2", "C2", "c2.n1", id])
      expect(await ask("c1", name)).toEqual({ rcode: 0, truncated: false, addresses: ["10.31.0.3"] });
    expect((await ask("c1", "web")).addresses).toEqual(["10.31.0.2", "10.31.0.3"]);
    expect((await ask("c2", "only-mine")).addresses).toEqual(["10.31.0.2"]);
    expect((await ask("c1", "only-mine")).rcode).toBe(3);
    expect((await ask("c1", "c3")).rcode).toBe(3);
    expect((await ask("c1", "c2", { tcp: true })).addresses).toEqual(["10.31.0.3"]);
    // Known, but without an address of that family.
    expect(await ask("c1", "c2", { ipv6: true })).toEqual({ rcode: 0, truncated: false, addresses: [] });
  });
  test("of others are forwarded, over UDP and TCP, and their refusals passed on", async () => {
    expect(await exec("c1", "cat /etc/resolv.conf")).toBe(
      "search example\nnameserver 127.0.0.11\noptions ndots:0",
    );
    expect((await ask("c1", "outside.example")).addresses).toEqual(["9.9.9.9"]);
    expect((await ask("c1", "long.example")).truncated).toBe(true);
    expect((await ask("c1", "long.example", { tcp: true })).addresses).toEqual(["9.9.9.9"]);
    expect((await ask("c1", "nonesuch.example")).rcode).toBe(3);
    expect(await exec("c1", "nslookup outside")).toContain("9.9.9.9");
  });
  test("come and go with connect and disconnect, and follow a rename", async () => {
    await ok("network", "connect", "--alias", "third", "n1", "c3");
    expect((await ask("c1", "third")).addresses).toEqual(["10.31.0.4"]);
    await ok("rename", "c3", "c3-new");
    expect((await ask("c1", "c3-new")).addresses).toEqual(["10.31.0.4"]);
    await ok("rename", "c3-new", "c3");
    await ok("network", "disconnect", "n1", "c3");
    expect((await ask("c1", "third")).rcode).toBe(3);
  });
});

test("events tell who joins and leaves", async () => {
  const since = String(Date.now() / 1000 - 0.001);
  await ok("network", "create", "told");
  await ok("run", "--rm", "--network", "told", "busybox", "true");
  await ok("network", "rm", "told");
  const lines = await ok(
    ...["events", "--since", since, "--until", String(Date.now() / 1000 + 1), "--filter", "type=network"],
    ...["--format", "{{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.type}}"],
  );
  expect(lines.split("\n")).toEqual(
    ["create", "connect", "disconnect", "destroy"].map((action) => `${action} told bridge`),
  );
});

test("macvlan stands on the parent's wire", async () => {
  await ok("network", "create", "-d", "macvlan", "--subnet", "192.0.2.0/24", "-o", "parent=outside0", "wire");
  await start("onwire", "--network", "wire", "--ip", "192.0.2.50");
  expect(await ping("onwire", outside.address)).toBe(true);
  await remove("onwire");
  await ok("network", "rm", "wire");
});

test("flushed rules come back, and other people's rules stay", async () => {
  await web("served", "-p", "8080:80");
  const before = rules();
  Bun.spawnSync(["nft", "flush", "ruleset"]);
  await eventually("rules", rules, (seen) => seen.length >= before.length);
  expect(rules()).toEqual(before);
  const foreign = ["-s", "203.0.113.0/24", "-j", "DROP"];
  Bun.spawnSync(["iptables", "-A", "DOCKER-USER", ...foreign]);
  Bun.spawnSync(["iptables", "-I", "FORWARD", ...foreign]);
  await remove("served");
  expect(rules().filter((line) => line.includes("203.0.113.0"))).toHaveLength(2);
  Bun.spawnSync(["iptables", "-D", "DOCKER-USER", ...foreign]);
  Bun.spawnSync(["iptables", "-D", "FORWARD", ...foreign]);
});

test("networks, ports and names outlive a killed engine, and a restart doubles nothing", async () => {
  await ok("network", "create", "lasting");
  await web("served", "-p", "8080:80", "--network", "lasting");
  await start("asking", "--network", "lasting");
  await start("dies", "-p", "8084:80");
  await page("http://127.0.0.1:8080/");
  const before = rules();
  engine.chain.dockerd.kill("SIGKILL");
  await engine.chain.dockerd.exited;
  expect(await page("http://127.0.0.1:8080/")).toBe("I am served\n");
  expect(outside.run("busybox", "wget", "-qO-", "http://192.0.2.1:8080/")).toBe("I am served\n");
  engine.chain.containerd.kill("SIGKILL");
  await engine.chain.containerd.exited;
  await engine.restart();
  expect(rules()).toEqual(before);
  expect(await page("http://127.0.0.1:8080/")).toBe("I am served\n");
  expect(await exec("asking", "wget -qO- http://served/")).toBe("I am served");
  await start("new", "--network", "lasting");
  expect(await exec("new", "ping -c 1 served")).toContain("1 packets received");
  await remove("served", "asking", "dies", "new");
  await ok("network", "rm", "lasting");
  expect(rules().filter((line) => /br-|dport/.test(line))).toEqual([]);
  expect(pins()).toEqual([]);
  await eventually("interfaces", links, (names) => !names.some((name) => name.startsWith("veth")));
  expect(readFileSync("/proc/net/tcp", "utf8")).not.toContain(":1F90 00000000:0000 0A");
});

describe("configuration networks", () => {
  const create = (name: string, ...options: string[]) => ["network", "create", ...options, name];

  test("give a network its options, and nothing else", async () => {
    const options = ["--subnet", "10.9.0.0/24", "-o", "com.docker.network.bridge.enable_icc=false"];
    await ok(...create("cfg", "--config-only", ...options, "--label", "x=y"));
    await ok(...create("real", "--config-from", "cfg"));
    const format =
      "{{.Driver}} {{.ConfigOnly}} {{.ConfigFrom.Network}} {{json .IPAM.Config}} {{json .Options}} {{json .Labels}}";
    const shown = (await ok("network", "inspect", "-f", format, "cfg", "real")).trim().split("\n");
    const same = '{"com.docker.network.bridge.enable_icc":"false"} {"x":"y"}';
    expect(shown).toEqual([
      `null true  [{"Subnet":"10.9.0.0/24"}] ${same}`,
      `bridge false cfg [{"Subnet":"10.9.0.0/24"}] ${same}`,
    ]);
    await start("configured", "--network", "real");
    expect(await inspect("configured", "{{.NetworkSettings.Networks.real.IPAddress}}")).toContain("10.9.0.2");
    await remove("configured");
  });

  test("cannot be used as networks, nor removed while one is made from them", async () => {
    const endpoint = "cannot create endpoint on configuration-only network";
    expect(await fails("run", "--rm", "--network", "cfg", "busybox", "true")).toContain(endpoint);
    expect(await fails("network", "rm", "cfg")).toContain('configuration network "cfg" is in use');
    await ok("network", "rm", "real");
    await ok("network", "rm", "cfg");
  });

  test("refuse what stock refuses, in its words", async () => {
    await ok(...create("cfg", "--config-only"));
    const refused = [
      [["--config-only", "--internal"], "configuration network can only contain network specific fields."],
      [
        ["--config-only", "--config-from", "cfg"],
        "a configuration network cannot depend on another configuration",
      ],
      [["--config-from", "cfg", "--label", "a=b"], "user specified configurations are not supported"],
      [["--config-from", "nope"], 'configuration network "nope" does not exist'],
      [["--config-from", "bridge"], 'configuration network "bridge" does not exist'],
    ] as const;
    for (const [options, why] of refused) expect(await fails(...create("no", ...options))).toContain(why);
    await ok("network", "rm", "cfg");
  });
});
