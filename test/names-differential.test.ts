/** The embedded DNS server, asked for every type of record beside stock's; and what it does with names of others. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { type RunningEngine, startChain } from "../hack/lib/chain.ts";
import { STOCK_DOCKERD, startStockEngine } from "../hack/lib/stock-engine.ts";
import { askInside, exchangeInside, type Question, readWhole, startDnsServer } from "./lib/dns.ts";
import { BIN, OUR_CLI } from "./lib/engine.ts";
import { type Namespace, openNamespace } from "./lib/user-differential/lane.ts";

const UPSTREAM = "192.0.2.1";
/** Nobody listens there. */
const SILENT = "192.0.2.2";
const REFUSING = "192.0.2.3";
const REFUSED = 5;

interface Side {
  engine: RunningEngine;
  namespace: Namespace;
  servers: { stop(): void }[];
}

const folder = mkdtempSync("/tmp/pequod-names-");

async function open(
  name: string,
  start: (at: string, prefix: string[]) => Promise<RunningEngine>,
): Promise<Side> {
  const namespace = await openNamespace();
  const { prefix } = namespace;
  for (const address of [UPSTREAM, SILENT, REFUSING])
    Bun.spawnSync([...prefix, "ip", "addr", "add", `${address}/32`, "dev", "lo"]);
  const netns = prefix[1]!.replace("--net=", "");
  const servers = [
    await startDnsServer(UPSTREAM, { netns }),
    await startDnsServer(REFUSING, { netns, rcode: REFUSED }),
  ];
  const at = join(folder, name);
  mkdirSync(at);
  const engine = await start(at, prefix);
  docker(engine, "load", "-i", join(folder, "busybox.tar"));
  return { engine, namespace, servers };
}

function docker(engine: RunningEngine, ...args: string[]): string {
  const { code, output } = engine.docker(...args);
  if (code !== 0) throw new Error(`docker ${args.join(" ")}: ${output}`);
  return output.trim();
}

function run(engine: RunningEngine, name: string, ...options: string[]): void {
  docker(engine, "run", "-d", "--name", name, ...options, "busybox", "sleep", "1000");
}

function settle({ engine }: Side): void {
  docker(engine, "network", "create", "--subnet", "10.31.0.0/24", "n1");
  docker(engine, "network", "create", "--subnet", "10.32.0.0/24", "--ipv6", "--subnet", "fd32::/64", "n2");
  const alias = ["--network", "n1", "--network-alias", "web"];
  run(engine, "c1", ...alias, "--dns", UPSTREAM, "--hostname", "hosty");
  run(engine, "c2", ...alias, "--network-alias", "Ali", "--link", "c1:lnk", "--dns", UPSTREAM);
  run(engine, "c3", "--network", "n2", "--dns", SILENT, "--dns", UPSTREAM);
  run(engine, "dotted", "--network", "n1", "--dns", UPSTREAM, "--dns-opt", "ndots:2");
}

async function pidOf(engine: RunningEngine, name: string): Promise<number> {
  return Number(docker(engine, "inspect", "-f", "{{.State.Pid}}", name));
}

const here = existsSync(STOCK_DOCKERD);
if (!here) console.error("names-differential.test.ts: stock dockerd is not installed, nothing is compared");
let ours: Side;
let stock: Side | undefined;
beforeAll(async () => {
  writeBusyboxImage(join(folder, "busybox.tar"));
  // What the host's own resolver would be, in this mount namespace.
  writeFileSync(join(folder, "resolv.conf"), `nameserver ${UPSTREAM}\n`);
  Bun.spawnSync(["mount", "--bind", join(folder, "resolv.conf"), "/etc/resolv.conf"]);
  const begun = await Promise.all([
    open("ours", (at, prefix) => startChain({ folder: at, client: OUR_CLI, daemonPrograms: BIN, prefix })),
    here ? open("stock", (at, prefix) => startStockEngine({ folder: at, prefix })) : undefined,
  ]);
  [ours, stock] = begun;
  for (const side of begun) if (side) settle(side);
});
afterAll(async () => {
  for (const side of [ours, stock]) {
    if (!side) continue;
    for (const name of ["c1", "c2", "c3", "dotted", "inner", "refused", "moved", "host"])
      side.engine.docker("rm", "-f", name);
    await side.engine.stop();
    for (const server of side.servers) server.stop();
    await side.namespace.end();
  }
  Bun.spawnSync(["umount", "/etc/resolv.conf"]);
  rmSync(folder, { recursive: true, force: true });
});

const PTR6 = `2.${"0.".repeat(23)}2.3.d.f.ip6.arpa`;
/** Who asks, and what. Of what nobody answers, stock 20.10 says nothing at all: that is not compared. */
const QUESTIONS: [string, Question][] = [
  ...["c2", "C2", "c2.n1", "hosty", "ali", "Ali", "lnk", "nosuch", "nosuch.example", "outside.example"].map(
    (name): [string, Question] => ["c1", { name }],
  ),
  ...(["AAAA", "MX", "TXT", "SRV", "SOA", "NS", "CNAME", "ANY"] as const).flatMap((type) =>
    ["c2", "outside.example"].map((name): [string, Question] => ["c1", { name, type }]),
  ),
  ...["2.0.31.10", "3.0.31.10", "1.0.31.10", "2.0.32.10"].map((reversed): [string, Question] => [
    "c1",
    { name: `${reversed}.in-addr.arpa`, type: "PTR" },
  ]),
  ["c1", { name: "c2", edns: true }],
  ["c1", { name: "outside.example", edns: true }],
  ["c1", { name: "long.example" }],
  ["c1", { name: "long.example", tcp: true }],
  ["c1", { name: "c2", tcp: true }],
  ["c1", { name: "nosuch", tcp: true }],
  ["c1", { name: "3.0.31.10.in-addr.arpa", type: "PTR", tcp: true }],
  ["c2", { name: "lnk" }],
  ["c2", { name: "lnk.n1" }],
  ["c2", { name: "c1" }],
  ["c3", { name: "outside.example" }],
  ["c3", { name: "c3" }],
  ["c3", { name: "c3", type: "AAAA" }],
  ["c3", { name: "c1" }],
  ["c3", { name: "2.0.32.10.in-addr.arpa", type: "PTR" }],
  ["c3", { name: PTR6, type: "PTR" }],
  ["dotted", { name: "nosuch" }],
  ["dotted", { name: "nosuch", type: "AAAA" }],
  ["dotted", { name: "nosuch", type: "MX" }],
  ["dotted", { name: "c1" }],
  ["dotted", { name: "outside.example" }],
];

describe.skipIf(!here)("as stock answers:", () => {
  test.each(QUESTIONS)("%s asks %j", async (who, question) => {
    const answerOf = async ({ engine }: Side) =>
      readWhole(await exchangeInside(await pidOf(engine, who), question));
    expect(await answerOf(ours)).toEqual(await answerOf(stock!));
  });
  test("a name of two containers has both addresses, in any order", async () => {
    const answers = await Promise.all(
      [ours, stock!].map(async ({ engine }) => askInside(await pidOf(engine, "c1"), "web")),
    );
    expect(answers[0]).toEqual(answers[1]!);
    expect(answers[0]!.addresses).toEqual(["10.31.0.2", "10.31.0.3"]);
  });
});

describe("names of others", () => {
  const ask = async (who: string, name: string, tcp = false) =>
    askInside(await pidOf(ours.engine, who), name, { tcp });
  const failure = { rcode: 2, truncated: false, addresses: [] };
  const found = { rcode: 0, truncated: false, addresses: ["9.9.9.9"] };

  test("fail where no server is reached, or all refuse; a server that refuses leaves it to the next", async () => {
    run(ours.engine, "refused", "--network", "n1", "--dns", SILENT, "--dns", REFUSING);
    for (const tcp of [false, true]) expect(await ask("refused", "outside.example", tcp)).toEqual(failure);
    run(ours.engine, "moved", "--network", "n1", "--dns", REFUSING, "--dns", UPSTREAM);
    expect(await ask("moved", "outside.example")).toEqual(found);
  });

  test("are asked of the host's own servers, but not for a container on an internal network", async () => {
    run(ours.engine, "host", "--network", "n1");
    expect(await ask("host", "outside.example")).toEqual(found);
    docker(ours.engine, "network", "create", "--internal", "inside");
    run(ours.engine, "inner", "--network", "inside");
    for (const tcp of [false, true]) expect(await ask("inner", "outside.example", tcp)).toEqual(failure);
    expect((await ask("inner", "inner")).rcode).toBe(0);
    docker(ours.engine, "network", "connect", "n1", "inner");
    expect(await ask("inner", "outside.example")).toEqual(found);
    docker(ours.engine, "network", "disconnect", "n1", "inner");
    expect(await ask("inner", "outside.example")).toEqual(failure);
  });
});
