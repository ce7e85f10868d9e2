/** --userns-remap, side by side with stock dockerd 20.10: who is who inside, and whose the files are on disk. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { type Chain, type RunningEngine, startChain } from "../hack/lib/chain.ts";
import { STOCK_CLIENT, STOCK_DOCKERD, startStockEngine } from "../hack/lib/stock-engine.ts";
import { BIN } from "./lib/engine.ts";

const work = mkdtempSync("/tmp/pequod-userns-");
chmodSync(work, 0o711);

/** Accounts may be made: /etc is covered by one of the test's own, afresh for each engine. */
function coverEtc(): void {
  if (!process.env["PEQUOD_ISOLATED"]) throw new Error("run it by hack/isolated: it changes accounts");
  uncoverEtc();
  const upper = mkdtempSync(join(work, "etc-"));
  for (const name of ["upper", "work"]) mkdirSync(join(upper, name));
  const layers = `lowerdir=/etc,upperdir=${upper}/upper,workdir=${upper}/work`;
  expect(Bun.spawnSync(["mount", "-t", "overlay", "-o", layers, "test-etc", "/etc"]).exitCode).toBe(0);
  writeFileSync("/etc/subuid", "mapped:300000:1000\nmapped:400000:100\nonlyuids:500000:10\n");
  writeFileSync("/etc/subgid", "mapped:300000:1100\n");
  const add = (file: string, lines: string) => writeFileSync(file, readFileSync(file, "utf8") + lines);
  add("/etc/passwd", "mapped:x:7101:7102::/:/bin/false\nonlyuids:x:7103:7102::/:/bin/false\n");
  add("/etc/group", "mapped:x:7102:\nonlyuids:x:7103:\n");
}

function uncoverEtc(): void {
  if (readFileSync("/proc/self/mounts", "utf8").includes("test-etc /etc ")) Bun.spawnSync(["umount", "/etc"]);
}

const image = join(work, "busybox.tar");
const context = join(work, "context");
beforeAll(() => {
  writeBusyboxImage(image);
  mkdirSync(context);
  writeFileSync(join(context, "file"), "x\n");
  writeFileSync(
    join(context, "Dockerfile"),
    [
      "FROM busybox AS first",
      "RUN touch /first",
      "FROM busybox",
      "COPY file /by-root",
      "COPY --chown=12:34 file /by-12",
      "RUN touch /ran && chown 5:6 /ran && mkdir /opt && chown 7:8 /opt",
      "COPY --from=first /first /copied",
      "WORKDIR /work",
      "USER 9:9",
      "RUN id && touch /tmp/nine",
      "CMD ls -ldn /by-* /ran /opt /copied /work /tmp /tmp/nine",
      "",
    ].join("\n"),
  );
});
afterAll(() => {
  uncoverEtc();
  // Stock leaves its data root mounted on itself.
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  for (const path of mounts.filter((one) => one.startsWith(work)).toReversed())
    Bun.spawnSync(["umount", "-l", path]);
  rmSync(work, { recursive: true, force: true });
});

interface Subject {
  start(flags: string[]): Promise<RunningEngine>;
  folder: string;
}

function subject(name: string, start: (folder: string, flags: string[]) => Promise<RunningEngine>): Subject {
  const folder = join(work, name);
  mkdirSync(folder, { mode: 0o711 });
  return { folder, start: (flags) => start(folder, flags) };
}

const stock = subject("stock", (folder, flags) => startStockEngine({ folder, flags }));
const ours = subject("ours", (folder, flags) =>
  startChain({ folder, client: STOCK_CLIENT, daemonPrograms: BIN, flags }),
);

/** Owner and mode of a path on the host. */
function onDisk(path: string): string {
  const { uid, gid, mode } = statSync(path);
  return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
}

/** Everything that both engines are asked, with what each says; times and ids made equal. */
function observe(engine: RunningEngine, folder: string): Record<string, unknown> {
  process.env["DOCKER_BUILDKIT"] = "0";
  const docker = (...args: string[]) => {
    const { output } = engine.docker(...args);
    return output
      .replaceAll(folder, "FOLDER")
      .replace(/\b(?:Nov|Dec|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct) .\d .\d:\d\d\b/g, "TIME")
      .replace(/\b\w{3} [ \d]\d {1,2}[\d:]{4,5}\b/g, "TIME")
      .replace(/\b[0-9a-f]{64}\b/g, "ID")
      .replace(/\b[0-9a-f]{12}\b/g, "ID")
      .replace(/^(See '|time=).*\n/gm, "")
      .trim();
  };
  const seen: Record<string, unknown> = {};
  const run = (name: string, ...args: string[]) => {
    seen[name] = docker(...args);
  };
  run("load", "load", "-i", image);
  run("security", "info", "-f", "{{index .SecurityOptions 1}} {{.DockerRootDir}}");
  mkdirSync(join(folder, "host"), { mode: 0o755 });
  run(
    "start",
    ...["run", "-d", "--name", "box", "-h", "box", "-p", "8099:80", "-v", "vol:/data", "-v", "etc:/etc"],
    ...["-v", `${join(folder, "host")}:/host`, "-v", `${join(folder, "made")}:/made`, "-w", "/new/folder"],
    ...["busybox", "sh", "-c", "touch /hello; su -s /bin/sh nobody -c 'touch /tmp/n'; exec sleep 1000"],
  );
  const sh = (script: string) => ["exec", "box", "sh", "-c", script];
  run("maps", ...sh("cat /proc/self/uid_map /proc/self/gid_map; id"));
  run(
    "inside",
    ...sh("ls -lan /data /etc /host /made /new / | grep -v -w -e proc -e sys -e dev -e total -e ' [.]*$'"),
  );
  run("capabilities", ...sh("grep Cap /proc/self/status"));
  run(
    "network",
    ...sh(
      "cat /etc/hosts; ip -o -4 address | cut -d: -f2; cat /proc/sys/net/ipv4/ip_unprivileged_port_start",
    ),
  );
  run("another user", "exec", "-u", "33:44", "box", "sh", "-c", "id; touch /tmp/u; ls -ln /tmp/u");
  seen["outside of the map"] = engine.docker("exec", "-u", "70000", "box", "true").code > 0;
  run("mknod", ...sh("mknod /tmp/m c 1 3"));
  run("nothing of the host", ...sh("echo x > /host/file; cat /proc/1/uid_map | wc -l"));
  writeFileSync(join(folder, "given"), "given\n");
  run("cp in", "cp", join(folder, "given"), "box:/given");
  run("cp -a in", "cp", "-a", join(folder, "given"), "box:/given-a");
  run("cp'd", ...sh("ls -ln /given /given-a"));
  seen["export"] = tarOwners(engine, "export", "box").filter((line) => /hello|given|tmp/.test(line));
  seen["diff"] = docker("diff", "box").split("\n").toSorted();
  run("commit", "commit", "box", "committed");
  run("committed", "run", "--rm", "committed", "ls", "-ln", "/hello", "/tmp", "/given");
  run("build", "build", "-t", "built", context);
  run("built", "run", "--rm", "built");
  const upper = engine.docker("inspect", "-f", "{{.GraphDriver.Data.UpperDir}}", "box").output.trim();
  const root = join(folder, "root", "100000.100000");
  const box = readdirFirst(join(root, "containers"));
  seen["on disk"] = Object.fromEntries(
    [
      [".", root],
      ["containers", join(root, "containers")],
      ["container", join(root, "containers", box)],
      ["hosts", join(root, "containers", box, "hosts")],
      ["upper", upper],
      ["hello", join(upper, "hello")],
      ["u", join(upper, "tmp", "u")],
      ["volume", join(root, "volumes/vol/_data")],
      ["passwd", join(root, "volumes/etc/_data/passwd")],
      ["made", join(folder, "made")],
    ].map(([name, path]) => [name, onDisk(path!)]),
  );
  const once = (...args: string[]) => ["run", "--rm", ...args];
  run("privileged", ...once("--privileged", "busybox", "true"));
  run("host network", ...once("--net", "host", "busybox", "true"));
  run("host pids", ...once("--pid", "host", "busybox", "true"));
  run("host uts", ...once("--uts", "host", "busybox", "true"));
  run("no network", ...once("--net", "none", "busybox", "ls", "/sys/class/net"));
  run(
    "tmpfs and shm",
    ...once("--ipc", "shareable", "--tmpfs", "/t", "busybox", "ls", "-ldn", "/t", "/dev/shm"),
  );
  run("device", ...once("--device", "/dev/zero", "busybox", "ls", "-ln", "/dev/zero"));
  run(
    "host users",
    ...once("--userns", "host", "busybox", "sh", "-c", "cat /proc/self/uid_map; ls -ldn /bin"),
  );
  run("host users, host network", ...once("--userns", "host", "--net", "host", "busybox", "true"));
  for (const mode of ["--net", "--pid"])
    run(`${mode} of another`, ...once(mode, "container:box", "busybox", "cat", "/proc/self/uid_map"));
  const ns = ["readlink", "/proc/self/ns/user"];
  seen["the same namespace"] =
    engine.docker("exec", "box", ...ns).output ===
    engine.docker(...once("--net", "container:box", "busybox", ...ns)).output;
  seen["cp out"] = tarOwners(engine, "cp", "box:/tmp", "-");
  run("stop", "rm", "-f", "box");
  return seen;
}

function tarOwners(engine: RunningEngine, ...args: string[]): string[] {
  const tar = Bun.spawnSync([STOCK_CLIENT, ...args], { env: { ...process.env, DOCKER_HOST: engine.host } });
  const list = Bun.spawnSync(["tar", "--numeric-owner", "-tv"], { stdin: tar.stdout });
  return list.stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/))
    .map((words) => [words[0], words[1], words.at(-1)].join(" "))
    .toSorted();
}

const readdirFirst = (folder: string): string =>
  [...new Bun.Glob("*").scanSync({ cwd: folder, onlyFiles: false })][0]!;

describe.skipIf(!existsSync(STOCK_DOCKERD))("--userns-remap=default", () => {
  let expected: Record<string, unknown>;
  let seen: Record<string, unknown>;

  beforeAll(async () => {
    for (const one of [stock, ours]) {
      coverEtc();
      const engine = await one.start(["--userns-remap=default"]);
      try {
        const all = observe(engine, one.folder);
        all["accounts"] = ["passwd", "group"].map((file) =>
          /^dockremap:.*$/m.test(readFileSync(`/etc/${file}`, "utf8")),
        );
        all["granted"] = ["subuid", "subgid"].map(
          (file) => /^dockremap:.*$/m.exec(readFileSync(`/etc/${file}`, "utf8"))?.[0],
        );
        if (one === stock) expected = all;
        else seen = all;
      } finally {
        await engine.stop();
      }
    }
  });

  test("stock's answers are what they are meant to be", () => {
    expect(expected["maps"]).toContain("uid=0(root)");
    expect(expected["privileged"]).toContain("privileged mode is incompatible with user namespaces");
  });

  test("ours are the same", () => {
    // Stock names the host's ids here, which its own `cp` into a container then refuses.
    const { "cp out": host, ...rest } = expected;
    const { "cp out": owners, ...same } = seen;
    expect(host).toContain("-rw-r--r-- 100033/100044 tmp/u");
    expect(owners).toEqual(["-rw-r--r-- 33/44 tmp/u", "-rw-r--r-- 65534/65534 tmp/n", "drwxrwxrwt 0/0 tmp/"]);
    expect(same).toEqual(rest);
  });
});

describe("--userns-remap by name and number", () => {
  const folder = join(work, "named");
  let engine: Chain | undefined;
  const start = async (remap: string) => {
    engine = await startChain({
      folder,
      client: STOCK_CLIENT,
      daemonPrograms: BIN,
      flags: [`--userns-remap=${remap}`],
    });
    return engine;
  };
  beforeAll(() => {
    mkdirSync(folder, { mode: 0o711 });
    coverEtc();
  });
  afterAll(() => engine?.stop());

  test.each([
    [
      "nosuch",
      'Error during uid lookup for "nosuch": getent unable to find entry "nosuch" in passwd database',
    ],
    [
      "mapped:nosuch",
      'Error during groupname lookup for "nosuch": getent unable to find entry "nosuch" in group database',
    ],
    [
      "99999",
      'Uid 99999 has no entry in /etc/passwd: getent unable to find entry "99999" in passwd database',
    ],
    ["a:b:c", 'Invalid user/group specification in --userns-remap: "a:b:c"'],
    ["onlyuids", 'Can\'t create ID mappings: no subgid ranges found for user "onlyuids"'],
  ])("%s is refused as stock does, and nothing is made", async (remap, error) => {
    const before = existsSync(join(folder, "root"));
    await expect(start(remap)).rejects.toThrow(error);
    expect(existsSync(join(folder, "root"))).toBe(before);
  });

  test("several ranges; a container survives the daemon's death, in its own namespaces", async () => {
    const first = await start("7101:mapped");
    first.docker("load", "-i", image);
    expect(first.docker("run", "-d", "--name", "on", "-p", "8098:80", "busybox", "sleep", "1000").code).toBe(
      0,
    );
    const map = () =>
      engine!.docker("exec", "on", "cat", "/proc/self/uid_map").output.trim().split(/\s+/).map(Number);
    expect(map()).toEqual([0, 300000, 1000, 1000, 400000, 100]);
    first.dockerd.kill("SIGKILL");
    first.containerd.kill("SIGKILL");
    await Promise.all([first.dockerd.exited, first.containerd.exited]);
    const second = await start("mapped");
    expect(map()).toEqual([0, 300000, 1000, 1000, 400000, 100]);
    expect(second.docker("exec", "on", "ip", "-o", "-4", "address").output).toContain("172.17.");
    expect(second.docker("network", "create", "more").code).toBe(0);
    expect(second.docker("network", "connect", "more", "on").code).toBe(0);
    expect(second.docker("exec", "on", "ls", "/sys/class/net").output).toContain("eth1");
    expect(second.docker("restart", "-t", "0", "on").code).toBe(0);
    expect(second.docker("exec", "on", "sh", "-c", "ls /sys/class/net; id -u").output).toMatch(
      /eth1\nlo\n0\n$/,
    );
    expect(second.docker("rm", "-f", "on").code).toBe(0);
  });
});
