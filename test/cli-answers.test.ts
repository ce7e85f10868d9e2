/** Answers that our engine does not give, or not yet: both clients make the same of them. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../hack/lib/command.ts";
import { comparable, hasComparedClient } from "./lib/both-clients.ts";
import { OUR_CLI, STOCK_CLI } from "./lib/engine.ts";

const here = hasComparedClient();
if (!here) console.error("cli-answers.test.ts: skipped, the stock client 28.2.2 is not installed");

const ID = (digit: string) => digit.repeat(64);
const AGO = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

const INFO = {
  ID: "ABCD",
  Containers: 3,
  ContainersRunning: 1,
  ContainersPaused: 1,
  ContainersStopped: 1,
  Images: 2,
  Driver: "overlay2",
  DriverStatus: [["Backing Filesystem", "xfs"]],
  Plugins: { Volume: ["local"], Network: ["bridge"], Authorization: ["guard"], Log: ["json-file"] },
  LoggingDriver: "json-file",
  CgroupDriver: "systemd",
  CgroupVersion: "2",
  OSType: "linux",
  MemTotal: 1e10,
  NCPU: 4,
  Labels: ["a=b", "c=d"],
  HttpProxy: "http://user:xxxxx@proxy",
  HttpsProxy: "https://proxy",
  NoProxy: "localhost",
  Runtimes: { runc: { path: "runc" } },
  DefaultRuntime: "runc",
  InitBinary: "docker-init",
  ContainerdCommit: { ID: "c", Expected: "c" },
  RuncCommit: { ID: "r" },
  InitCommit: { ID: "i" },
  SecurityOptions: ["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"],
  RegistryConfig: {
    InsecureRegistryCIDRs: ["127.0.0.0/8", "::1/128"],
    IndexConfigs: { "r:5000": { Name: "r:5000", Mirrors: [], Secure: false, Official: false } },
    Mirrors: ["https://mirror/", "http://other/"],
  },
  Swarm: {
    LocalNodeState: "active",
    NodeID: "n1",
    NodeAddr: "10.0.0.1",
    ControlAvailable: false,
    RemoteManagers: [],
  },
  LiveRestoreEnabled: true,
  ProductLicense: "Community",
  DefaultAddressPools: [{ Base: "10.0.0.0/8", Size: 24 }],
  CDISpecDirs: ["/etc/cdi", "/var/run/cdi"],
  Warnings: ["WARNING: one", "WARNING: two"],
};

const CACHE = [
  {
    ID: "cache2",
    Type: "regular",
    Size: 2_000_000,
    InUse: true,
    Shared: false,
    CreatedAt: AGO(7200),
    UsageCount: 2,
    LastUsedAt: AGO(3700),
  },
  {
    ID: "cache1",
    Type: "source.local",
    Size: 30,
    InUse: false,
    Shared: true,
    CreatedAt: AGO(90_000),
    UsageCount: 0,
    LastUsedAt: null,
  },
];
const IMAGE = { Id: `sha256:${ID("a")}`, ParentId: "", Labels: null };
const USAGE = {
  LayersSize: 3e9,
  Images: [
    {
      ...IMAGE,
      RepoTags: ["a:1", "b:2"],
      RepoDigests: [],
      Created: 1e9,
      Size: 2e9,
      SharedSize: 5e8,
      Containers: 1,
    },
    { ...IMAGE, RepoTags: null, RepoDigests: null, Created: 1e9, Size: 1e9, SharedSize: 5e8, Containers: 0 },
  ],
  Containers: [
    {
      Id: ID("b"),
      Names: ["/x"],
      Image: "a:1",
      Command: "run",
      Created: 1e9,
      State: "exited",
      Status: "Exited",
      SizeRw: 12345,
      SizeRootFs: 1e6,
      Mounts: [],
    },
  ],
  Volumes: [
    {
      Name: "v",
      Driver: "local",
      Mountpoint: "/v",
      Labels: {},
      Scope: "local",
      Options: null,
      UsageData: { Size: 100, RefCount: 0 },
    },
  ],
  BuildCache: CACHE,
};

const SEARCH = [
  { name: "few", description: "short", star_count: 3, is_official: false, is_automated: true },
  { name: "most", description: `long ${"words ".repeat(20)}\nand lines`, star_count: 99, is_official: true },
];
const PLUGIN = {
  Id: ID("c"),
  Name: "p:latest",
  Enabled: true,
  Config: { Description: `d ${"x".repeat(60)}` },
  Settings: {},
};

const ANSWERS: Record<string, unknown> = {
  "/info": INFO,
  "/version": {
    Version: "1.0",
    ApiVersion: "1.50",
    MinAPIVersion: "1.24",
    Os: "linux",
    Arch: "amd64",
    GitCommit: "abc",
    GoVersion: "go",
    BuildTime: "2017-01-02T03:04:05.000000000+00:00",
    Experimental: true,
  },
  "/system/df": USAGE,
  "/images/search": SEARCH,
  "/plugins": [PLUGIN],
  "/containers/x/checkpoints": [{ Name: "one" }, { Name: "two" }],
  "/networks/prune": { NetworksDeleted: ["n1", "n2"] },
  "/volumes/prune": { VolumesDeleted: ["v1"], SpaceReclaimed: 1234 },
  "/containers/prune": { ContainersDeleted: [ID("d")], SpaceReclaimed: 100 },
  "/images/prune": {
    ImagesDeleted: [{ Untagged: "a:1" }, { Deleted: `sha256:${ID("a")}` }],
    SpaceReclaimed: 1e6,
  },
  "/build/prune": { CachesDeleted: ["cache1"], SpaceReclaimed: 30 },
  "/networks": [
    {
      Name: "n10",
      Id: ID("e"),
      Driver: "bridge",
      Scope: "local",
      EnableIPv4: true,
      EnableIPv6: true,
      Internal: true,
      Created: "2026-01-02T03:04:05.123456789Z",
      Labels: { a: "b" },
    },
    { Name: "n9", Id: ID("f"), Driver: "macvlan", Scope: "local" },
  ],
  "/networks/create": { Id: ID("e"), Warning: "be careful" },
  "/auth": { Status: "Login Succeeded", IdentityToken: "token" },
};

const folder = mkdtempSync("/tmp/pequod-answers-");
const socket = join(folder, "docker.sock");
let server: ReturnType<typeof Bun.serve>;
beforeAll(() => {
  server = Bun.serve({
    unix: socket,
    fetch(request) {
      const headers = { "Api-Version": "1.50", Ostype: "linux", "Docker-Experimental": "true" };
      const path = new URL(request.url).pathname.replace(/^\/v[\d.]+/, "");
      if (path === "/_ping") return new Response("OK", { headers });
      const answer = ANSWERS[path];
      if (answer === undefined)
        return Response.json({ message: `nothing at ${path}` }, { status: 404, headers });
      return Response.json(answer, { headers });
    },
  });
});
afterAll(async () => {
  await server.stop(true);
  rmSync(folder, { recursive: true });
});

async function run(cli: string, line: string) {
  rmSync(join(folder, ".docker"), { recursive: true, force: true });
  const words = line.match(/'[^']*'|\S+/g)!.map((word) => word.replace(/^'|'$/g, ""));
  const env = { PATH: process.env["PATH"], HOME: folder, DOCKER_HOST: `unix://${socket}` };
  return comparable(await runCommand([cli, ...words], { env }));
}

const COMMANDS = `
info
-D info
info -f '{{.Labels}} {{.Warnings}} {{json .DefaultAddressPools}} {{json .RegistryConfig}} {{.CDISpecDirs}}'
info -f '{{json .Swarm}} {{json .ContainerdCommit}} {{.RuncCommit.ID}} {{json .Runtimes}} {{json .Labels}}'
info -f '{{.GenericResources}} {{.SecurityOptions}} {{.Isolation}} {{.SystemTime}} {{.Swarm.RemoteManagers}}'
version -f '{{json .Server}}'
version -f '{{range .Server.Components}}{{.Name}} {{.Version}} {{.Details.BuildTime}}{{end}}'
system df
system df -v
system df --format json
system df -v --format json
system df -v --format '{{range .BuildCache}}{{.ID}} {{.Parent}} {{.CacheType}} {{.InUse}} {{.UsageCount}} {{end}}'
search x
search --no-trunc x
search --format json x
search --format '{{.Name}} {{.StarCount}} {{.IsOfficial}}' x
search --format '{{json .}}' x
search --format '{{.Foo}}' x
plugin ls
plugin ls --no-trunc
plugin ls -q
plugin ls --format json
plugin ls --format '{{.PluginReference}} {{.Foo}}'
checkpoint ls x
network ls
network ls --format '{{.Name}} {{.IPv4}} {{.IPv6}} {{.Internal}} {{.CreatedAt}} {{.Labels}}'
network ls --format json
network create n
network prune -f
volume prune -f
volume prune -a -f
image prune -f
image prune -a -f
container prune -f
system prune -f
system prune -a -f --volumes
login -u a -p b registry:5000
`;

describe.skipIf(!here)("both clients make the same of it:", () => {
  test.each(COMMANDS.trim().split("\n"))("docker %s", async (line) => {
    expect(await run(OUR_CLI, line)).toEqual(await run(STOCK_CLI, line));
  });
});
