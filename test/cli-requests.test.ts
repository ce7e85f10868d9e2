/** Our client asks of an engine what the stock one asks, option by option. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasComparedClient } from "./lib/both-clients.ts";
import { OUR_CLI, STOCK_CLI } from "./lib/engine.ts";
import { type Recorder, startRecorder } from "./lib/recorder.ts";

const here = hasComparedClient();
if (!here) console.error("cli-requests.test.ts: skipped, the stock client 28.2.2 is not installed");

const folder = mkdtempSync("/tmp/pequod-requests-");
let recorder: Recorder;
beforeAll(() => {
  recorder = startRecorder(join(folder, "docker.sock"));
  writeFileSync(join(folder, "env"), "# comment\nFROM_FILE=1\nHOME\n\nNOT_SET_ANYWHERE\n");
  writeFileSync(join(folder, "labels"), "one=1\ntwo\n");
  writeFileSync(join(folder, "seccomp.json"), '{ "defaultAction": "SCMP_ACT_ALLOW" }\n');
});
afterAll(async () => {
  await recorder.stop();
  rmSync(folder, { recursive: true });
});

/** Null, false, zero and empty mean the same to an engine. */
function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (typeof value !== "object" || value === null) return value;
  const isEmpty = (item: unknown) =>
    !item || (typeof item === "object" && Object.keys(item as object).length === 0);
  const entries = Object.entries(value).map(([key, item]) => [key, pruned(item)] as const);
  return Object.fromEntries(
    entries.filter(([, item]) => !isEmpty(item)).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** Lists that stock's client has in the order of a map, which is any. */
function ordered(body: unknown): unknown {
  const lists = body as { Env?: string[]; HostConfig?: { Binds?: string[] } } | undefined;
  lists?.Env?.sort();
  lists?.HostConfig?.Binds?.sort();
  return body;
}

/** Path and query with sorted parameters, the empty ones left out. */
function normalized(path: string): string {
  const url = new URL(path, "http://engine");
  const filters = url.searchParams.get("filters");
  if (filters) url.searchParams.set("filters", JSON.stringify(pruned(JSON.parse(filters))));
  const kept = [...url.searchParams].filter(([, value]) => value !== "").sort();
  return `${url.pathname}?${new URLSearchParams(kept)}`;
}

async function outcome(cli: string, args: string[]) {
  const child = Bun.spawn([cli, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, DOCKER_HOST: recorder.host },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const requests = recorder.take().map(({ method, path, body }) => ({
    method,
    path: normalized(path),
    body: pruned(ordered(body)),
  }));
  return { code, stdout, stderr, requests };
}

const CREATE: string[][] = [
  [],
  ["--name", "x", "-it"],
  ["-i", "-a", "stdin", "-a", "STDOUT"],
  ["-e", "A=1", "-e", "B=2", "-e", "A=3", "-e", "HOME", "-e", "UNSET_HERE", "--env-file", "env"],
  ["-l", "a=b", "-l", "c", "--label-file", "labels"],
  [
    "-v",
    "/host:/in:ro",
    "-v",
    "name:/v",
    "-v",
    "/anonymous",
    "-v",
    "./rel:/rel",
    "-v",
    "..:/up",
    "-v",
    "~/x:/x",
  ],
  ["--mount", "type=bind,source=/a,target=/b,readonly,bind-propagation=rshared"],
  ["--mount", "type=volume,src=v,dst=/v,volume-nocopy,volume-label=x=y,volume-driver=local,volume-opt=o=p"],
  [
    "--mount",
    "type=tmpfs,destination=/t,tmpfs-size=64m,tmpfs-mode=1770",
    "--tmpfs",
    "/u:size=1k",
    "--tmpfs",
    "/w",
  ],
  ["--mount", "type=image,source=busybox,target=/i,image-subpath=bin"],
  ["--mount", "type=volume,target=/v,volume-subpath=a/b"],
  ["--mount", "type=bind,src=/a,dst=/b,bind-recursive=disabled"],
  [
    "-p",
    "80",
    "-p",
    "8080:80/udp",
    "-p",
    "127.0.0.1:90:91",
    "-p",
    "[::1]:92:93",
    "-P",
    "--expose",
    "100-102/udp",
  ],
  ["-p", "7000-7002:7000-7002", "-p", "published=81,target=82,protocol=udp", "-p", "9000-9010:99"],
  ["--network", "host"],
  [
    "--network",
    "mine",
    "--network-alias",
    "a",
    "--ip",
    "10.0.0.5",
    "--ip6",
    "fd00::5",
    "--link",
    "other:alias",
  ],
  [
    "--network",
    "name=mine,alias=a,alias=b,ip=10.0.0.1,driver-opt=k=v,gw-priority=5,mac-address=02:00:00:00:00:01",
  ],
  ["--network", "one", "--network", "two", "--link-local-ip", "169.254.1.1"],
  ["--mac-address", "02:42:ac:11:00:09", "--link", "other"],
  [
    "--dns",
    "9.9.9.9",
    "--dns-search",
    "x.y",
    "--dns-option",
    "ndots:2",
    "--add-host",
    "a:1.2.3.4",
    "--add-host",
    "b=::1",
  ],
  [
    "--hostname",
    "h",
    "--domainname",
    "d",
    "-u",
    "1:2",
    "-w",
    "/w",
    "--entrypoint",
    "/bin/sh",
    "--entrypoint",
    "",
  ],
  ["--entrypoint", "/bin/sh"],
  [
    "-m",
    "64m",
    "--memory-swap",
    "-1",
    "--memory-reservation",
    "32m",
    "--memory-swappiness",
    "10",
    "--cpus",
    "1.5",
  ],
  ["-c", "512", "--cpu-period", "1000", "--cpu-quota", "2000", "--cpuset-cpus", "0-1", "--cpuset-mems", "0"],
  [
    "--pids-limit",
    "50",
    "--oom-kill-disable",
    "--oom-score-adj",
    "100",
    "--shm-size",
    "1g",
    "--kernel-memory",
    "0",
  ],
  ["--blkio-weight", "100", "--blkio-weight-device", "/dev/sda:200", "--device-read-bps", "/dev/sda:1mb"],
  [
    "--device-write-bps",
    "/dev/sda:1",
    "--device-read-iops",
    "/dev/sda:5",
    "--device-write-iops",
    "/dev/sda:6",
  ],
  [
    "--device",
    "/dev/null",
    "--device",
    "/dev/zero:/dev/x:rw",
    "--device",
    "/dev/full:r",
    "--device-cgroup-rule",
    "c 1:3 rwm",
  ],
  ["--device", "vendor.com/class=name", "--gpus", "all"],
  ["--gpus", '"device=0,1","capabilities=compute,utility"'],
  ["--gpus", "count=2,driver=nvidia,capabilities=utility"],
  [
    "--ulimit",
    "nofile=1:2",
    "--ulimit",
    "nproc=5",
    "--ulimit",
    "core=-1",
    "--sysctl",
    "net.a.b=1",
    "--annotation",
    "k=v",
  ],
  [
    "--cap-add",
    "NET_ADMIN",
    "--cap-drop",
    "ALL",
    "--privileged",
    "--read-only",
    "--group-add",
    "audio",
    "--init",
  ],
  ["--init=false", "--security-opt", "no-new-privileges", "--security-opt", "apparmor=unconfined"],
  [
    "--security-opt",
    "seccomp=unconfined",
    "--security-opt",
    "systempaths=unconfined",
    "--security-opt",
    "label:disable",
  ],
  ["--security-opt", "seccomp=seccomp.json"],
  ["--pid", "host", "--ipc", "shareable", "--uts", "host", "--userns", "host", "--cgroupns", "private"],
  [
    "--pid",
    "container:x",
    "--ipc",
    "container:y",
    "--cgroup-parent",
    "/p",
    "--runtime",
    "crun",
    "--isolation",
    "default",
  ],
  ["--restart", "on-failure:3"],
  ["--restart", "always", "--stop-signal", "INT", "--stop-timeout", "0"],
  ["--rm", "--restart", "no", "--log-driver", "json-file", "--log-opt", "max-size=1m", "--log-opt", "tag"],
  [
    "--health-cmd",
    "true",
    "--health-interval",
    "1m30s",
    "--health-timeout",
    "500ms",
    "--health-retries",
    "3",
  ],
  ["--health-start-period", "5s", "--health-start-interval", "1s"],
  ["--no-healthcheck"],
  ["--volumes-from", "a:ro", "--volume-driver", "local", "--storage-opt", "size=1G"],
  ["--platform", "linux/arm64", "--cidfile", "cid"],
  ["--platform", "aarch64"],
];

const REFUSED: string[][] = [
  ["--mac-address", "nonsense"],
  ["--memory-swappiness", "101"],
  ["--rm", "--restart", "always"],
  ["--restart", "on-failure:x"],
  ["--restart", ":3"],
  ["--pid", "nonsense"],
  ["--uts", "x"],
  ["--userns", "x"],
  ["--cgroupns", "x"],
  ["-a", "nowhere"],
  ["-v", "aa:bb:cc:dd"],
  ["-v", ":/x"],
  ["-p", "70000"],
  ["-p", "1-2:1-3"],
  ["-p", "x:80"],
  ["--expose", "80:90"],
  ["--network", "a", "--network", "a"],
  ["--network", "a", "--network", "host"],
  ["--network", "name=a,foo=b"],
  ["--network-alias", "a"],
  ["--no-healthcheck", "--health-cmd", "true"],
  ["--health-timeout", "-1s"],
  ["--sysctl", "a.b=1"],
  ["--log-driver", "none", "--log-opt", "a=b"],
  ["--storage-opt", "x"],
  ["--security-opt", "foo"],
  ["--security-opt", "seccomp=/no/such/file"],
  ["--device", "relative"],
  ["--device", "/dev/x:/dev/y:q"],
  ["--device-cgroup-rule", "x"],
  ["--ulimit", "foo=1"],
  ["--ulimit", "nofile=2:1"],
  ["--env-file", "/no/such/file"],
  ["--mount", "type=bind"],
  ["--mount", "foo"],
  ["--mount", "type=bind,src=/a,dst=/b,foo=c"],
  ["--add-host", "x"],
  ["--cpus", "x"],
  ["-m", "x"],
  ["--pull", "sometimes"],
  ["--platform", "a/b/c/d"],
  ["--platform", "nonsense"],
  ["--gpus", "count=x"],
  ["--no-such-flag"],
  ["-Z"],
  ["--name"],
  ["--memory-swappiness=x"],
];

describe.skipIf(!here)("both clients", () => {
  describe("docker create", () => {
    test.each(CREATE.map((options) => [options.join(" ") || "without options", options] as const))(
      "%s",
      async (_, options) => {
        const args = ["create", ...options, "busybox", "echo", "-n", "x"];
        const stock = await outcome(STOCK_CLI, args);
        rmSync(join(folder, "cid"), { force: true });
        const ours = await outcome(OUR_CLI, args);
        rmSync(join(folder, "cid"), { force: true });
        expect(ours).toEqual(stock);
        expect(ours.requests).toHaveLength(1);
      },
    );
    test.each(REFUSED.map((options) => [options.join(" "), options] as const))(
      "refuses %s",
      async (_, options) => {
        const args = ["create", ...options, "busybox"];
        const stock = await outcome(STOCK_CLI, args);
        expect(await outcome(OUR_CLI, args)).toEqual(stock);
        expect(stock.code).not.toBe(0);
      },
    );
    test("gives containers the proxies of the configuration", async () => {
      const proxies = { default: { httpProxy: "http://p:1", noProxy: "x" } };
      rmSync(join(folder, ".docker"), { recursive: true, force: true });
      await Bun.write(join(folder, ".docker", "config.json"), JSON.stringify({ proxies }));
      const args = ["create", "-e", "NO_PROXY=own", "busybox"];
      const stock = await outcome(STOCK_CLI, args);
      expect(await outcome(OUR_CLI, args)).toEqual(stock);
      rmSync(join(folder, ".docker"), { recursive: true });
    });
  });

  const OTHERS: string[][] = [
    ["update", "--cpus", "2", "-m", "1g", "--pids-limit", "5", "--restart", "always", "x", "y"],
    ["update", "--cpu-shares", "5", "--cpuset-cpus", "0", "--memory-swap", "-1", "x"],
    ["exec", "-d", "-e", "A=1", "-u", "u", "-w", "/w", "--privileged", "--detach-keys", "a", "x", "ls", "-l"],
    ["ps", "-a", "-n", "3", "-f", "name=x", "-f", "Status= exited ", "-f", "name=y", "-s"],
    ["ps", "-l", "--format", "{{.Size}}"],
    ["stop", "-t", "5", "-s", "INT", "x"],
    ["restart", "-t", "-1", "x"],
    ["kill", "-s", "HUP", "x"],
    ["rm", "-f", "-v", "/x/"],
    ["rm", "-l", "x"],
    ["start", "x"],
    ["rename", "x", "y"],
    ["pause", "x"],
    ["unpause", "x"],
    [
      "logs",
      "--since",
      "1136073600",
      "--until",
      "2006-01-02T15:04:05.123Z",
      "--tail",
      "5",
      "-t",
      "--details",
      "x",
    ],
    ["port", "x"],
    ["diff", "x"],
    ["commit", "-a", "me", "-m", "why", "-c", "CMD x", "--pause=false", "x", "repo/name:tag"],
    ["commit", "x"],
    ["commit", "x", "127.0.0.1:5000/a/b"],
    ["container", "prune", "-f", "--filter", "until=1h", "--filter", "label!=x"],
    ["events", "--until", "1", "--since", "2006-01-02T15:04:05Z", "-f", "type=image"],
  ];

  describe("other commands", () => {
    test.each(OTHERS.map((args) => [args.join(" "), args] as const))("%s", async (_, args) => {
      const stock = await outcome(STOCK_CLI, args);
      const ours = await outcome(OUR_CLI, args);
      // Stock looks whether the container is there; the request itself says so as well.
      const own = stock.requests.filter(({ path }) => args[0] !== "exec" || !path.endsWith("/json?"));
      expect(ours.requests).toEqual(own);
      expect(ours.requests).not.toHaveLength(0);
    });
  });
});
