/** Options of docker build, and forms of its context, one by one. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { END_OF_ARCHIVE, encodeHeader, tarHeader } from "../src/archive/tar/writer.ts";
import { type Engine, eventually, OUR_CLI, type Result, STOCK_CLI, startTestEngine } from "./lib/engine.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";
import { openTerminal } from "./lib/terminal.ts";

let engine: Engine;
let registry: TestRegistry;

beforeAll(async () => {
  [engine, registry] = await Promise.all([startTestEngine(), startRegistry()]);
}, 60_000);

afterAll(async () => {
  await Promise.all([engine.stop(), registry.stop()]);
});

function context(dockerfile: string, files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(engine.folder, "context-"));
  for (const [name, content] of Object.entries({ Dockerfile: dockerfile, ...files }))
    writeFileSync(join(folder, name), content);
  return folder;
}

const ours = (args: string[], stdin?: Uint8Array): Promise<Result> =>
  engine.docker(["build", ...args], {
    cli: OUR_CLI,
    env: { DOCKER_BUILDKIT: "1" },
    ...(stdin ? { stdin } : {}),
  });

const sh = (image: string, script: string) =>
  engine.ok("run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-c", script);

describe("an archive on stdin", () => {
  test.each([
    ["plain", "cat"],
    ["gzip", "gzip -c"],
    ["bzip2", "bzip2 -c"],
    ["xz", "xz -c"],
    ["zstd", "zstd -qc"],
  ])("%s", async (name, command) => {
    const folder = context(`FROM busybox\nCOPY f /${name}\n`, { f: name });
    const packed = Bun.spawnSync(["sh", "-c", `tar -C ${folder} -cf - . | ${command}`]).stdout;
    expect(await ours(["-t", name, "-"], packed)).toMatchObject({ code: 0 });
    expect(await sh(name, `cat /${name}`)).toBe(name);
    const stock = await engine.docker(["build", "-q", "-"], { stdin: packed });
    expect(stock.stdout.trim()).toBe(await engine.ok("image", "inspect", "-f", "{{.Id}}", name));
  });
  test("broken ones are refused", async () => {
    for (const command of ["xz -c", "bzip2 -c", "zstd -qc"]) {
      const folder = context("FROM busybox\n", { f: "x".repeat(5000) });
      const packed = Bun.spawnSync(["sh", "-c", `tar -C ${folder} -cf - . | ${command} | head -c 60`]).stdout;
      expect((await ours(["-"], packed)).code).toBe(1);
    }
    expect(readdirSync(join(engine.folder, "root/tmp/builder"))).toEqual([]);
  });
});

describe("options", () => {
  test("--compress, --label, --add-host, --build-arg from the environment, --ulimit and --shm-size", async () => {
    const folder = context(
      "FROM busybox\nARG FROM_ENV\nRUN echo $FROM_ENV > /said; cat /etc/hosts >> /said; ulimit -n >> /said; df -k /dev/shm | tail -1 >> /said\n",
    );
    const args = [
      "--compress",
      "--label",
      "a=b",
      "--add-host",
      "some.host:10.1.2.3",
      "--ulimit",
      "nofile=123",
      "--shm-size",
      "1m",
    ];
    const result = await engine.docker(
      ["build", ...args, "--build-arg", "FROM_ENV", "-t", "options", folder],
      {
        cli: OUR_CLI,
        env: { FROM_ENV: "from the environment" },
      },
    );
    expect(result).toMatchObject({ code: 0 });
    const said = await sh("options", "cat /said");
    for (const words of ["from the environment\n", "10.1.2.3\tsome.host\n", "\n123\n", " 1024 "])
      expect(said).toContain(words);
    expect(await engine.ok("image", "inspect", "-f", "{{.Config.Labels.a}}", "options")).toBe("b");
  });
  test.each([
    ["stock's client", STOCK_CLI],
    ["our client", OUR_CLI],
  ])("limits of commands, several tags, --iidfile and the rest, by %s", async (_, cli) => {
    const read = (file: string) => `cat /sys/fs/cgroup/${file}`;
    const files = ["memory/memory.limit_in_bytes", "cpu/cpu.shares", "cpu/cpu.cfs_period_us"].concat([
      "cpu/cpu.cfs_quota_us",
      "cpuset/cpuset.cpus",
      "cpuset/cpuset.mems",
    ]);
    const folder = context(
      `FROM busybox AS one\nRUN (${files.map(read).join("; ")}; ls /sys/class/net; grep memory: /proc/self/cgroup) > /limits # ${cli}\nFROM one\nRUN false\n`,
    );
    const limits = ["--memory", "64m", "--memory-swap", "128m", "--cpu-shares", "512", "-c", "300"].concat([
      "--cpu-period",
      "50000",
      "--cpu-quota",
      "25000",
      "--cpuset-cpus",
      "0",
      "--cpuset-mems",
      "0",
    ]);
    const more = ["--cgroup-parent", "/pequod-options", "--isolation", "default", "--network", "none"].concat(
      ["--force-rm", "--rm=false", "--no-cache", "--target", "one", "-t", "many:1", "-t", "many:2"],
    );
    const iid = join(folder, "iid");
    const result = await engine.docker(["build", ...limits, ...more, "--iidfile", iid, folder], { cli });
    expect(result).toMatchObject({ code: 0 });
    const said = (await sh("many:1", "cat /limits")).split("\n");
    expect(said.slice(0, 7)).toEqual(["67108864", "300", "50000", "25000", "0", "0", "lo"]);
    expect(said[7]).toContain("/pequod-options/");
    expect(await engine.ok("image", "inspect", "-f", "{{.Id}}", "many:2")).toBe(readFileSync(iid, "utf8"));
    expect(await engine.ok("ps", "-aq")).toBe("");
    const windows = await engine.docker(["build", "--isolation", "hyperv", folder], { cli });
    expect(windows).toMatchObject({ code: 1, stderr: expect.stringContaining("isolation") });
  });
  test("buildx, which asks for BuildKit's own API, is told what to do", async () => {
    const socket = join(engine.folder, "docker.sock");
    const response = await fetch("http://d/v1.41/grpc", { method: "POST", unix: socket });
    expect(response.status).toBe(501);
    expect(await response.text()).toContain("DOCKER_BUILDKIT=0");
  });
  test("--allow security.insecure", async () => {
    const folder = context(
      "FROM busybox\nRUN --security=insecure grep CapEff /proc/self/status > /caps\nRUN grep CapEff /proc/self/status >> /caps\n",
    );
    expect(await ours(["--allow", "security.insecure", "-t", "insecure", folder])).toMatchObject({ code: 0 });
    const [all, few] = (await sh("insecure", "cut -f2 /caps")).split("\n").map((hex) => BigInt(`0x${hex}`));
    expect(all! > few!).toBe(true);
  });
  test("--progress rawjson: every line is a step's event", async () => {
    const { code, stderr } = await ours([
      "--progress",
      "rawjson",
      context("FROM busybox\nRUN echo raw words\n"),
    ]);
    expect(code).toBe(0);
    const events = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { status?: string; text?: string });
    expect(
      events
        .filter(({ status }) => status === "log")
        .map(({ text }) => text)
        .join(""),
    ).toContain("raw words");
    expect(events.at(-1)!.status).toBe("done");
  });
  test("--push, and --output type=registry", async () => {
    const name = `${registry.host}/pushed`;
    expect(await ours(["--push", "-t", `${name}:1`, context("FROM busybox\nENV A=1\n")])).toMatchObject({
      code: 0,
    });
    expect(
      await ours(["-o", "type=registry", "-t", `${name}:2`, context("FROM busybox\nENV A=2\n")]),
    ).toMatchObject({ code: 0 });
    const listed = await fetch(`http://${registry.host}/v2/pushed/tags/list`);
    expect(((await listed.json()) as { tags: string[] }).tags.sort()).toEqual(["1", "2"]);
  });
  test("--cache-from an image of a registry, which --cache-to type=inline has made a cache", async () => {
    const name = `${registry.host}/cached`;
    const folder = context("FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /when\nENV A=1\n");
    expect(await ours(["--cache-to", "type=inline", "--push", "-t", name, folder])).toMatchObject({
      code: 0,
    });
    const id = await engine.ok("image", "inspect", "-f", "{{.Id}}", name);
    await engine.ok("rmi", name);
    expect((await engine.docker(["image", "inspect", id])).code).toBe(1);
    const from = [`type=registry,ref=${name}`, `${registry.host}/missing`].flatMap((one) => [
      "--cache-from",
      one,
    ]);
    const again = await ours([...from, "-t", "from-cache", folder]);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stderr).toContain(`[Warning] no cache from ${registry.host}/missing: `);
    expect(await engine.ok("image", "inspect", "-f", "{{.Id}}", "from-cache")).toBe(id);
    const local = await ours(["--cache-from", "type=local,src=/x", folder]);
    expect(local).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('type "local" is not supported'),
    });
    const gha = await ours(["--cache-to", "type=gha", folder]);
    expect(gha.stderr).toContain("only type=inline is supported");
  });
  test("--output type=tar to stdout, and outputs that are none", async () => {
    const folder = context("FROM scratch\nCOPY f /f\n", { f: "to stdout" });
    const tar = Bun.spawnSync([OUR_CLI, "build", "--progress", "quiet", "-o", "-", folder], {
      env: { PATH: process.env["PATH"], HOME: join(engine.folder, "home"), DOCKER_HOST: engine.host },
    });
    const files = Bun.spawnSync(["tar", "-xOf", "-", "f"], { stdin: tar.stdout });
    expect(files.stdout.toString()).toBe("to stdout");
    const names = Bun.spawnSync(["tar", "-tf", "-"], { stdin: tar.stdout });
    expect(names.stdout.toString()).toBe("f\n");
    expect(await ours(["-o", "type=image,name=named:1", "--progress", "quiet", folder])).toMatchObject({
      code: 0,
    });
    expect(await engine.ok("image", "ls", "-q", "named:1")).not.toBe("");
    expect((await ours(["--progress", "loud", folder])).stderr).toContain('invalid progress mode "loud"');
    expect((await ours(["-o", "type=nothing", folder])).stderr).toContain("type is required for output");
    expect((await ours(["-o", "type=local", folder])).stderr).toContain("dest is required for local output");
    const nowhere = join(folder, "nowhere");
    expect(await ours(["-o", `type=tar,dest=${nowhere}/x.tar`, folder])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`stat ${nowhere}: no such file or directory`),
    });
  });
  test("ADD --unpack decides whether an archive is unpacked", async () => {
    const folder = context(
      "FROM busybox\nADD --unpack=false a.tar /kept/\nADD --unpack=true a.tar /there/\n",
      { inner: "packed" },
    );
    Bun.spawnSync(["tar", "-C", folder, "-cf", join(folder, "a.tar"), "inner"]);
    expect(await ours(["-t", "unpack", folder])).toMatchObject({ code: 0 });
    expect(await sh("unpack", "ls /kept; cat /there/inner")).toBe("a.tar\npacked");
  });
});

describe("on a terminal", () => {
  test("steps are drawn in place; of one that fails, what it said and where it stands", async () => {
    // Long enough to be drawn more than once.
    const file = "FROM busybox\nRUN echo first words; sleep 1\n";
    const good = openTerminal(engine, [OUR_CLI, "build", "--no-cache", context(file)]);
    expect(await good.shows("(2/2) FINISHED")).toContain("RUN echo first words");
    expect(await good.ends()).toBe(0);
    expect(good.seen).toMatch(/\u001b\[\d+A\r\u001b\[J/);
    const bad = openTerminal(engine, [OUR_CLI, "build", context(`${file}RUN echo last words; exit 9\n`)]);
    const shown = await bad.shows("returned a non-zero code: 9");
    expect(await bad.ends()).toBe(9);
    const end = shown.slice(shown.lastIndexOf("[+] Building"));
    expect(end).toContain(" => CACHED [stage-0 2/3] RUN echo first words");
    expect(end).toMatch(/ => ERROR \[stage-0 3\/3\] RUN echo last words; exit 9 +\d/);
    expect(end).toContain("RUN echo last words; exit 9:\r\nlast words\r\n------");
    expect(end).toContain("   3 | >>> RUN echo last words; exit 9");
  });
});

describe("our client's ctrl-C", () => {
  test("stops the running command, and leaves nothing", async () => {
    const child = Bun.spawn(
      [OUR_CLI, "build", "--progress", "plain", context("FROM busybox\nRUN echo begun; sleep 1000\n")],
      {
        env: { PATH: process.env["PATH"], HOME: join(engine.folder, "home"), DOCKER_HOST: engine.host },
        stdout: "ignore",
        stderr: "pipe",
      },
    );
    let seen = "";
    for await (const chunk of child.stderr) {
      seen += Buffer.from(chunk).toString();
      if (/ begun\n/.test(seen)) break;
    }
    child.kill("SIGINT");
    expect(await child.exited).not.toBe(0);
    await eventually(
      "no container is left",
      () => engine.ok("ps", "-aq"),
      (ids) => ids === "",
      30,
    );
    expect(readdirSync(join(engine.folder, "root/tmp/builder"))).toEqual([]);
  });
});

/** Megabytes of a process that no file backs. */
const anonymousMB = (pid: number): number =>
  Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;

describe("contexts of uncommon size", () => {
  const post = async (body: Bun.BodyInit) => {
    const socket = join(engine.folder, "docker.sock");
    const response = await fetch("http://d/v1.41/build?q=1", { method: "POST", unix: socket, body });
    return response.text();
  };
  const dockerfile = (text: string) => {
    const size = Buffer.byteLength(text);
    return Buffer.concat([
      encodeHeader(tarHeader({ name: "Dockerfile", type: "file", size })),
      Buffer.from(text.padEnd(512, "\0")),
    ]);
  };
  const emptyFiles = (first: number, count: number) =>
    Buffer.concat(
      Array.from({ length: count }, (_, i) =>
        encodeHeader(tarHeader({ name: `d/${(first + i) >> 10}/empty-${first + i}`, type: "file" })),
      ),
    );
  test("two hundred thousand empty files: the daemon's memory stays below 150 MB all the while", async () => {
    const PIECE = 500;
    let most = 0;
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(dockerfile("FROM scratch\nCOPY d/*/empty-77* d/3 /found/\n")),
      pull(stream) {
        most = Math.max(most, anonymousMB(engine.chain.dockerd.pid));
        if (sent < 200_000) stream.enqueue(emptyFiles(sent, PIECE));
        sent += PIECE;
        if (sent > 200_000) {
          stream.enqueue(END_OF_ARCHIVE);
          stream.close();
        }
      },
    });
    const id = (await post(body)).trim();
    expect(id).toContain("sha256:");
    expect(Math.max(most, anonymousMB(engine.chain.dockerd.pid))).toBeLessThan(150);
    expect(readdirSync(join(engine.folder, "root/tmp/builder"))).toEqual([]);
  }, 120_000);
  test("ten thousand empty files in one folder make one layer", async () => {
    const names = Array.from({ length: 10_000 }, (_, i) =>
      encodeHeader(tarHeader({ name: `d/${i}`, type: "file" })),
    );
    const all = [dockerfile("FROM scratch\nCOPY d /d\n"), ...names, END_OF_ARCHIVE];
    expect(await post(Buffer.concat(all))).toContain("sha256:");
  });
  test("a folder can be no second name of another one", async () => {
    const folder = encodeHeader(tarHeader({ name: "d/e", type: "directory" }));
    const link = encodeHeader(tarHeader({ name: "d/e/f", type: "link", linkname: "d" }));
    expect(await post(Buffer.concat([dockerfile("FROM scratch\n"), folder, link, END_OF_ARCHIVE]))).toContain(
      "which is a folder",
    );
  });
  test("paths that are too long, and headers that are too large, are refused", async () => {
    const deep = encodeHeader(tarHeader({ name: "a/".repeat(100_000), type: "file" }));
    expect(await post(Buffer.concat([dockerfile("FROM scratch\n"), deep, END_OF_ARCHIVE]))).toContain(
      "its path is longer than 4096",
    );
    const huge = encodeHeader(tarHeader({ name: "x", type: "symlink", linkname: "y".repeat(9_000_000) }));
    expect(await post(Buffer.concat([dockerfile("FROM scratch\n"), huge, END_OF_ARCHIVE]))).toMatch(
      /message/,
    );
  });
});
