/** Images, networks, volumes and the engine itself: our client and the stock one, side by side on one engine. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { comparable, hasComparedClient } from "./lib/both-clients.ts";
import {
  type Engine,
  OUR_CLI,
  type Result,
  type RunOptions,
  STOCK_CLI,
  startTestEngine,
} from "./lib/engine.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";

const here = hasComparedClient();
if (!here) console.error("cli-objects.test.ts: skipped, the stock client 28.2.2 is not installed");

let engine: Engine;
let registry: TestRegistry;
beforeAll(async () => {
  if (!here) return;
  [engine, registry] = await Promise.all([startTestEngine(), startRegistry()]);
  await engine.ok(
    "run",
    "-d",
    "--name",
    "up",
    "--network",
    "none",
    "-v",
    "used:/v",
    "busybox",
    "sleep",
    "1000",
  );
  await engine.ok("tag", "busybox", `${registry.host}/x:1`);
  await engine.ok("push", `${registry.host}/x:1`);
  // Stock lists the names of one image in the order of a Go map, which is any: let it have one.
  await engine.ok("rmi", `${registry.host}/x:1`);
  writeFileSync(join(engine.folder, "bad.tar"), "no archive");
  const content = join(engine.folder, "content");
  mkdirSync(content);
  writeFileSync(join(content, "file"), "text");
  Bun.spawnSync(["tar", "-cf", join(engine.folder, "content.tar"), "-C", content, "file"]);
});
afterAll(async () => {
  await engine?.stop();
  await registry?.stop();
});

/** The words of a command line, with the names that are known only now. */
const words = (line: string) =>
  line
    .replaceAll("REGISTRY", registry.host)
    .replaceAll("FOLDER", engine.folder)
    .match(/'[^']*'|\S+/g)!
    .map((word) => word.replace(/^'|'$/g, ""));

async function inTurn(line: string, before: string[], options: RunOptions): Promise<Result[]> {
  const results: Result[] = [];
  for (const cli of [OUR_CLI, STOCK_CLI]) {
    for (const step of before) await engine.docker(words(step));
    results.push(comparable(await engine.docker(words(line), { ...options, cli })));
  }
  return results;
}

/** Runs a command with both clients, each after `before`, which the stock one does. */
async function same(line: string, before: string[] = [], options: RunOptions = {}): Promise<Result> {
  const [ours, stock] = await inTurn(line, before, options);
  expect(ours!).toEqual(stock!);
  return ours!;
}

const READING = `
info
-D info
info --format '{{.Driver}} {{.DriverStatus}} {{json .Plugins}} {{.Warnings}} {{.ServerErrors}}'
info -f '{{.CPUCfsPeriod}} {{.HTTPProxy}} {{.Swarm}} {{.Plugins}} {{.Warnings}}'
info -f '{{range .SecurityOptions}}{{.}}{{end}}'
info -f '{{.Foo}}'
info -f '{{'
info x
version -f '{{.Server}}'
version -f '{{.Server.Version}} {{range .Server.Components}}{{.Name}} {{.Details}}{{end}}'
version -f '{{json .Server}}'
version -f '{{.Foo}}'
version -f '{{'
version x
images
images -a
images --digests
images -q
images -q --no-trunc
images --no-trunc
images --format raw
images --format json
images --format '{{.Repository}}:{{.Tag}} {{.Containers}} {{.SharedSize}} {{.UniqueSize}} {{.CreatedAt}}'
images --format '{{.Foo}}'
images --format 'table {{.ID}}\\t{{.VirtualSize}}' --digests
images busybox
images nope
images -f dangling=true
images -f foo
images -f foo=bar
images a b
image ls
image list -q
history busybox
image history -q busybox
history busybox --no-trunc
history busybox -H=false
history busybox --format json
history busybox --format '{{.ID}} {{.CreatedAt}} {{.Foo}}'
history nope
image inspect busybox
image inspect busybox nope
image inspect -f '{{.Id}} {{.RepoTags}}' busybox
image inspect
network ls
network ls -q
network ls --no-trunc
network ls --format json
network ls --format raw
network ls --format '{{.Name}} {{.IPv4}} {{.IPv6}} {{.Internal}} {{.Labels}} {{.Label "a"}}'
network ls --format '{{.Foo}}'
network ls -f driver=bridge
network ls -f foo=bar
network inspect bridge
network inspect none nope -f '{{.Name}} {{.Driver}}'
network inspect ''
volume ls
volume ls -q
volume ls --format json
volume ls --format raw
volume ls --format 'table {{.Name}}\\t{{.Links}}\\t{{.Size}}\\t{{.Mountpoint}}'
volume ls --format '{{.Foo}}'
volume ls -f dangling=true
volume ls -f foo=bar
volume inspect used
volume inspect used nope
volume inspect -f '{{.Name}} {{.Labels}}' used
system df
system df -v
system df --format json
system df -v --format json
system df --format raw
system df --format 'table {{.Type}}\\t{{.Size}}'
system df --format '{{.Type}} {{.Foo}}'
system df -v --format '{{range .Images}}{{.ID}} {{end}}{{.Foo}}'
events --since 1h --until 0s
events --since 1h --until 0s --format json
events --since 1h --until 0s -f type=image --format '{{.Type}} {{.Action}} {{.ID}} {{.Actor.ID}} {{.Actor.Attributes}}'
events --since foo
events --until 0s --format '{{.Foo}}'
events --until 0s --format '{{'
`;

const REFUSED = `
pull
pull Foo
pull -a busybox:x
pull 127.0.0.1:1/x
pull REGISTRY/nope
push nope
push -a busybox:x
push --platform foo/bar/baz/x busybox
tag busybox
tag busybox Foo
tag busybox x@sha256:0000000000000000000000000000000000000000000000000000000000000000
tag -- -x y
tag nope y
load -i /nonexist
load -i FOLDER/bad.tar
load --platform foo/bar/baz/x -i FOLDER/bad.tar
load --platform foo -i FOLDER/bad.tar
load --platform 'a!/b' -i FOLDER/bad.tar
load --platform 'linux/b!' -i FOLDER/bad.tar
save
save nope -o FOLDER/never.tar
save busybox -o /nonexist/x.tar
save busybox -o FOLDER
rmi
rmi nope nope2
rmi -f nope nope2
rmi busybox:nope
rmi Foo
rmi --platform foo/bar/baz/x busybox
import
import /nonexist
import - Foo
import FOLDER/bad.tar
import FOLDER/content.tar -c 'NONSENSE x'
network create
network create bridge
network create --subnet 10.1.0.0/16 --subnet 10.1.2.0/24 n
network create --subnet 10.1.0.0/16 --gateway 10.2.0.1 n
network create --subnet 10.1.0.0/16 --gateway 10.1.0.1 --gateway 10.1.0.2 n
network create --gateway 10.1.0.1 n
network create --subnet 10.1.0.0/16 --ip-range 10.2.0.0/24 n
network create --subnet 10.1.0.0/16 --ip-range foo n
network create --subnet 10.1.0.0/16 --aux-address a=10.2.0.1 n
network create --subnet 10.1.0.0 n
network create -d nope n
network rm
network rm nope nope2
network rm -f nope
network rm bridge
network connect up
network connect nope up
network connect bridge nope
network connect --link a:b:c bridge up
network connect --driver-opt foo bridge up
network disconnect nope up
network disconnect bridge up
volume create a b
volume create a/b
volume create --name a b
volume create -d nope v
volume create -o foo=bar v
volume rm
volume rm nope
volume rm used
volume rm ''
volume update nope
volume prune -a --filter all=1
system prune --filter until=1h --volumes
image foo
search
login a b
login
login -u a
login -u a -p b --password-stdin
login --password-stdin
login -u a -p b 127.0.0.1:1
logout a b
node ls
node ls -q
node ls x
node inspect self
node rm x y
service ls
service inspect x
service rm x
secret ls
secret inspect x
secret rm x
config ls
config inspect x
config rm x
swarm leave
swarm leave -f
plugin ls
plugin ls --format json
plugin inspect x
plugin rm x y
plugin enable x
plugin enable --timeout -1 x
plugin disable x
checkpoint ls up
checkpoint create up x
checkpoint rm up x
-H unix:///none images
-H unix:///none info -f '{{.Driver}}'
--context nope images
`;

const lines = (text: string) => text.trim().split("\n");

describe.skipIf(!here)("both clients", () => {
  test.each(lines(READING))("docker %s", async (line) => {
    await same(line);
  });

  test.each(lines(REFUSED))("refuse alike: docker %s", async (line) => {
    await same(line);
  });

  test("version, as text, but for what each says of itself", async () => {
    const [ours, stock] = await inTurn("version", [], {});
    const server = ({ stdout }: Result) => stdout.slice(stdout.indexOf("\nServer:"));
    expect(server(ours!)).toBe(server(stock!));
    expect(
      ours!.stdout
        .split("\n")
        .slice(0, 8)
        .map((line) => line.slice(0, 20)),
    ).toEqual(
      stock!.stdout
        .split("\n")
        .slice(0, 8)
        .map((line) => line.slice(0, 20)),
    );
  });

  test("load, save, tag, rmi", async () => {
    await engine.ok("save", "busybox", "-o", join(engine.folder, "saved.tar"));
    await same("load -i FOLDER/saved.tar");
    await same("load -q -i FOLDER/saved.tar");
    await same("load", [], { stdin: readFileSync(join(engine.folder, "saved.tar")) });
    await same("save busybox -o FOLDER/saved.tar");
    const archives = await Promise.all(
      [OUR_CLI, STOCK_CLI].map((cli) => engine.docker(["save", "busybox"], { cli })),
    );
    expect(archives[0]!.stdout.length).toBe(archives[1]!.stdout.length);
    await same("tag busybox other:1");
    await same("rmi other:1", ["tag busybox other:1"]);
    await same("rmi --no-prune other:1 nope", ["tag busybox other:1"]);
    await same("image rm -f other:1 nope", ["tag busybox other:1"]);
  });

  test("pull and push", async () => {
    const forget = ["rmi REGISTRY/x:1"];
    await same("pull REGISTRY/x:1", forget);
    await same("pull REGISTRY/x:1");
    await same("pull -q REGISTRY/x:1", forget);
    await same("pull -a REGISTRY/x", forget);
    await same("pull REGISTRY/x");
    await same("pull --platform linux/arm64 REGISTRY/x:1");
    await same("push REGISTRY/x:1");
    await same("push -q REGISTRY/x:1");
    await same("push -a REGISTRY/x");
    await same("push REGISTRY/x");
    await same("push --platform linux/amd64 REGISTRY/x:1");
  });

  test("import, image prune", async () => {
    const { stdout } = await same("import FOLDER/content.tar made:1 -m hello -c 'ENV A=b'");
    expect(stdout).toBe("sha256:ID\n");
    await same("inspect made:1 -f '{{.Comment}} {{.Config.Env}}'");
    await same("image prune -f", ["image prune -f", "import FOLDER/content.tar"]);
    await same("image prune");
    await same("image prune -a");
    await same("image prune -f --filter label=nope");
    await engine.ok("rmi", "made:1");
  });

  test("network create, inspect, connect, disconnect, rm, prune", async () => {
    const remove = ["network rm n"];
    const create = "network create --subnet 10.1.0.0/16 --gateway 10.1.0.7 --label a=b n";
    await same(create, remove);
    await same("network inspect n");
    await same("network ls --format '{{.Name}} {{.Labels}} {{.Label \"a\"}}'");
    await same("network rm n", [create]);
    await same("network prune -f", ["network create n"]);
    await same("network prune -f --filter label=nope");
    await same("network prune");
    const stopped = ["network rm n", "rm stopped", create, "create --name stopped busybox true"];
    await same("network connect --ip 10.1.2.3 --alias other n stopped", ["rm stopped", ...stopped]);
    await same("network disconnect n stopped", ["rm stopped", ...stopped, "network connect n stopped"]);
    await engine.docker(["rm", "stopped"]);
    await engine.docker(["network", "rm", "n"]);
  });

  test("volume create, ls, rm, prune", async () => {
    const remove = ["volume rm vol"];
    await same("volume create vol --label a=b --label c -o type=tmpfs -o device=tmpfs", remove);
    await same("volume create vol");
    await same("volume inspect vol");
    await same("volume rm vol nope", ["volume create vol"]);
    await same("volume rm -f nope");
    await same("volume prune");
    await same("volume prune -a -f", ["volume prune -a -f", "volume create vol"]);
    await same("volume prune -f");
  });

  test("system prune", async () => {
    await same("system prune");
    await same("system prune -a --volumes");
    await same("system prune --filter label=x --filter until=5m");
    await same("system prune -f", ["create --network none busybox true", "network create n"]);
  });

  test("login with the registry, logout, and what config.json has then", async () => {
    const home = join(engine.folder, "home/.docker");
    const config = () => readFileSync(join(home, "config.json"), "utf8");
    const kept = async (line: string, start: string | undefined, options: RunOptions = {}) => {
      const seen: [Result, string][] = [];
      for (const cli of [OUR_CLI, STOCK_CLI]) {
        rmSync(home, { recursive: true, force: true });
        mkdirSync(home, { recursive: true });
        if (start !== undefined) writeFileSync(join(home, "config.json"), start);
        seen.push([await engine.docker(words(line), { ...options, cli }), config()]);
      }
      expect(seen[0]).toEqual(seen[1]!);
      return seen[0]![1];
    };
    const plain = await kept("login -u a -p b REGISTRY", undefined);
    expect(plain).toContain('"auth": "YTpi"');
    await kept("login REGISTRY", plain);
    await kept("login -u c --password-stdin http://REGISTRY/v2/", plain, { stdin: "secret\n" });
    await kept("logout REGISTRY", plain);
    await kept("logout", plain);

    const programs = join(engine.folder, "helpers");
    mkdirSync(programs);
    const helper = join(programs, "docker-credential-test");
    writeFileSync(
      helper,
      `#!/bin/sh\necho $1 >> ${programs}/log; case $1 in get) echo '{"Username":"a","Secret":"b"}';; esac\n`,
    );
    chmodSync(helper, 0o755);
    const env = { PATH: `${programs}:${process.env["PATH"]}` };
    const delegated = await kept("login -u a -p b REGISTRY", '{"auths":{},"credsStore":"test"}', { env });
    expect(delegated).not.toContain("YTpi");
    await kept("login REGISTRY", delegated, { env });
    await kept("logout REGISTRY", delegated, { env });
    await kept("login -u a -p b REGISTRY", '{"auths":{},"credsStore":"missing"}', { env });
    expect(readFileSync(join(programs, "log"), "utf8")).toStartWith("store\n");
    rmSync(home, { recursive: true, force: true });
  });
});
