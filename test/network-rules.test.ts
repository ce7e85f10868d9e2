/** The same networks and ports on stock dockerd 20.10 and on ours: the same iptables-save, rule by rule. */
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { startStockEngine } from "../hack/lib/stock-engine.ts";
import { type Engine, startTestEngine } from "./lib/engine.ts";

/** Runs the client; throws what it says when it fails. */
type Docker = (...args: string[]) => Promise<unknown>;
type Stage = [name: string, work: (docker: Docker) => Promise<void>];

const BRIDGE = "com.docker.network.bridge";

const network = (docker: Docker, name: string, subnet: string, ...options: string[]) =>
  docker("network", "create", "--subnet", subnet, "-o", `${BRIDGE}.name=br-${name}`, ...options, name);

const run = (docker: Docker, name: string, ...options: string[]) =>
  docker("run", "-d", "--name", name, ...options, "busybox", "sleep", "1000");

const STAGES: Stage[] = [
  ["at the start", async () => {}],
  [
    "networks of all kinds",
    async (docker) => {
      await network(docker, "plain", "10.1.0.0/24");
      await network(docker, "noicc", "10.2.0.0/24", "-o", `${BRIDGE}.enable_icc=false`);
      await network(docker, "internal", "10.3.0.0/24", "--internal");
      await network(docker, "nomasq", "10.4.0.0/24", "-o", `${BRIDGE}.enable_ip_masquerade=false`);
      await network(docker, "bound", "10.5.0.0/24", "-o", `${BRIDGE}.host_binding_ipv4=127.0.0.1`);
      await network(docker, "alone", "10.6.0.0/24", "--internal", "-o", `${BRIDGE}.enable_icc=false`);
      await network(docker, "six", "10.11.0.0/24", "--ipv6", "--subnet", "fd00:1::/64");
      await network(docker, "sixin", "10.12.0.0/24", "--ipv6", "--subnet", "fd00:2::/64", "--internal");
    },
  ],
  [
    "ports of all kinds",
    async (docker) => {
      const ports = ["8080:80", "127.0.0.1:8081:81/udp", "9000-9002:9000-9002"];
      await run(docker, "one", "--network", "plain", "--ip", "10.1.0.10", ...ports.flatMap((p) => ["-p", p]));
      await run(docker, "two", "-p", "8090:80", "-p", "8090:80/udp");
      await run(docker, "three", "--network", "bound", "-p", "8091:80");
      await run(docker, "four", "--network", "internal", "-p", "8092:80");
      await run(docker, "five", "--network", "six", "-p", "8094:81/udp", "-p", "[::1]:8095:82");
    },
  ],
  [
    "another gateway after connect",
    async (docker) => {
      await docker("network", "connect", "nomasq", "two");
      await docker("network", "connect", "alone", "three");
      await network(docker, "a-first", "10.7.0.0/24");
      await docker("network", "connect", "a-first", "one");
    },
  ],
  [
    "and back after disconnect",
    async (docker) => {
      await docker("network", "disconnect", "a-first", "one");
      await docker("stop", "-t", "0", "two");
    },
  ],
  [
    "after removal",
    async (docker) => {
      await docker("rm", "-f", "one", "two", "three", "four", "five");
      await docker(
        "network",
        "rm",
        "plain",
        "noicc",
        "internal",
        "nomasq",
        "bound",
        "alone",
        "a-first",
        "six",
        "sixin",
      );
    },
  ],
];

function savedRules(programs: readonly string[], ...prefix: string[]): string[] {
  const lines = programs.flatMap((program) =>
    Bun.spawnSync([...prefix, program])
      .stdout.toString()
      .split("\n"),
  );
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace(/ \[.*/, ""));
}

async function record(docker: Docker, save: () => string[]): Promise<Record<string, string[]>> {
  const seen: Record<string, string[]> = {};
  for (const [name, work] of STAGES) {
    await work(docker);
    seen[name] = save();
  }
  return seen;
}

/** A network namespace of its own: both engines make a bridge of the same name. */
const ALONE = ["unshare", "--net", "--", "sh", "-c", 'ip link set lo up; exec "$@"', "alone"];

const IPV4 = ["iptables-save"];
/** The programs whose rules a daemon with these flags keeps. */
const programsOf = (flags: string[]) => (flags.includes("--ip6tables") ? [...IPV4, "ip6tables-save"] : IPV4);

async function recordStock(flags: string[]): Promise<Record<string, string[]>> {
  const folder = mkdtempSync("/tmp/pequod-stock-");
  const engine = await startStockEngine({ folder, prefix: ALONE, flags });
  try {
    const docker: Docker = async (...args) => {
      const { code, output } = engine.docker(...args);
      if (code !== 0) throw new Error(`stock docker ${args.join(" ")}: ${output}`);
    };
    const image = join(folder, "busybox.tar");
    writeBusyboxImage(image);
    await docker("load", "-i", image);
    const save = () => savedRules(programsOf(flags), "nsenter", `--net=/proc/${engine.dockerd.pid}/ns/net`);
    return await record(docker, save);
  } finally {
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

let ours: Engine | undefined;
afterEach(async () => {
  await ours?.stop();
  ours = undefined;
  for (const program of ["iptables", "ip6tables"])
    for (const table of ["filter", "nat", "mangle"]) {
      Bun.spawnSync([program, "-t", table, "-F"]);
      Bun.spawnSync([program, "-t", table, "-X"]);
    }
  Bun.spawnSync(["ip", "link", "del", "docker0"]);
});

test.each([
  ["without flags", []],
  ["--ip6tables --ipv6", ["--ip6tables", "--ipv6", "--fixed-cidr-v6", "2001:db8:1::/64"]],
  [
    "--userland-proxy=false --icc=false --ip-masq=false --bip --fixed-cidr --ip",
    [
      ...["--userland-proxy=false", "--icc=false", "--ip-masq=false", "--ip", "127.0.0.2"],
      ...["--bip", "10.77.0.1/24", "--fixed-cidr", "10.77.0.128/25"],
    ],
  ],
] as [string, string[]][])("rules are stock's, %s", async (_, flags) => {
  // To stock 20.10, ip6tables is an experiment.
  const stock = await recordStock(flags.includes("--ip6tables") ? ["--experimental", ...flags] : flags);
  ours = await startTestEngine({ flags });
  const { ok } = ours;
  const seen = await record(ok, () => savedRules(programsOf(flags)));
  const policy = (lines: string[]) => lines.filter((line) => !line.startsWith(":FORWARD"));
  for (const [name] of STAGES)
    expect({ [name]: policy(seen[name]!) }).toEqual({ [name]: policy(stock[name]!) });
});

test("--bridge=none leaves a container that names no network with loopback only", async () => {
  ours = await startTestEngine({ flags: ["--bridge=none"] });
  const output = await ours.ok("run", "--rm", "busybox", "ip", "-o", "-4", "addr");
  expect(output.split("\n").map((line) => line.split(/\s+/)[1])).toEqual(["lo"]);
  expect(readFileSync("/proc/net/dev", "utf8")).not.toContain("docker0");
});

test("--iptables=false leaves the firewall alone, and containers still have a network", async () => {
  ours = await startTestEngine({ flags: ["--iptables=false"] });
  await network(ours.ok, "quiet", "10.8.0.0/24");
  const output = await ours.ok("run", "--rm", "--network", "quiet", "-p", "8093:80", "busybox", "ip", "addr");
  expect(output).toContain("inet 10.8.0.2/24");
  expect(savedRules(IPV4).filter((line) => line.startsWith("-A"))).toEqual([]);
  await ours.ok("network", "rm", "quiet");
  expect(readFileSync("/proc/net/dev", "utf8")).not.toContain("br-quiet");
});

test("IPv6 on the default bridge: addresses of MAC addresses, ports by IPv6, routers of one's own", async () => {
  const v6 = ["--ipv6", "--fixed-cidr-v6", "2001:db8:1::/64", "--default-gateway-v6", "2001:db8:1::99"];
  ours = await startTestEngine({
    flags: [...v6, "--default-gateway", "172.17.0.99", "--bip", "172.17.0.1/16"],
  });
  const { ok } = ours;
  await ok("run", "-d", "--name", "one", "-p", "8096:80", "busybox", "sleep", "1000");
  const format = "{{.NetworkSettings.GlobalIPv6Address}}/{{.NetworkSettings.GlobalIPv6PrefixLen}}";
  expect((await ok("inspect", "-f", format, "one")).trim()).toBe("2001:db8:1::242:ac11:2/64");
  const inside = await ok("exec", "one", "sh", "-c", "ip route; ip -6 route; ip -6 addr show eth0");
  expect(inside).toContain("default via 172.17.0.99 dev eth0");
  expect(inside).toContain("default via 2001:db8:1::99 dev eth0");
  expect(inside).toContain("2001:db8:1::242:ac11:2/64");
  const proxy = Bun.spawnSync(["ss", "-Hltn", "sport", "=", ":8096"]).stdout.toString();
  expect(proxy).toContain("[::]:8096");
  expect(await ok("network", "inspect", "-f", "{{.EnableIPv6}} {{json .IPAM.Config}}", "bridge")).toContain(
    '"Subnet":"2001:db8:1::/64"',
  );
});
