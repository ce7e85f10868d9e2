/** docker-containerd driven by stock ctr 1.6, service by service. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { importBusybox, startContainerd, type TestContainerd } from "./lib/containerd.ts";
import { BIN, eventually } from "./lib/engine.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";

/** Several starts of containers on a busy machine. */
const LONG = 60_000;

let containerd: TestContainerd;
let image: string;
beforeAll(async () => {
  containerd = await startContainerd();
  image = await importBusybox(containerd);
});
afterAll(() => containerd.stop());

const ok = (...args: string[]) => containerd.ok(...args);
/** Runs a container in the foreground. */
const run = (id: string, command: string[], options: string[] = []) =>
  containerd.ctr(["run", "--rm", ...options, image, id, ...command]);
/** Starts a container that goes on, and returns its id. */
async function detached(id: string, ...command: string[]): Promise<string> {
  await ok("run", "-d", "--null-io", image, id, ...command);
  return id;
}
const statusOf = async (id: string) =>
  (await ok("tasks", "ls"))
    .split("\n")
    .find((line) => line.startsWith(`${id} `))
    ?.split(/\s+/)[2] ?? "gone";
async function stopped(id: string): Promise<void> {
  await eventually(
    `${id} stopped`,
    () => statusOf(id),
    (status) => status === "STOPPED",
  );
}
async function remove(id: string): Promise<void> {
  await containerd.ctr(["tasks", "rm", "-f", id]);
  await ok("containers", "rm", id);
}

describe("namespaces, version, plugins", () => {
  test("version tells a server and its uuid", async () => {
    expect(await ok("version")).toMatch(
      /Server:\n {2}Version: .*\n {2}Revision: .*\n {2}UUID: [0-9a-f-]{36}/,
    );
  });
  test("namespaces are made, labelled, listed and removed", async () => {
    await ok("namespaces", "create", "other", "a=b");
    await ok("namespaces", "label", "other", "x=y");
    expect(await ok("namespaces", "ls")).toMatch(/other\s+a=b,x=y/);
    expect((await containerd.ctr(["namespaces", "create", "other"])).stderr).toContain(
      'namespace "other": already exists',
    );
    expect((await containerd.ctr(["namespaces", "rm", "default"])).stderr).toContain("must be empty");
    expect(await ok("namespaces", "rm", "other")).toBe("other");
    expect((await containerd.ctr(["c", "ls"], { namespace: "bad name" })).stderr).toContain(
      'identifier "bad name" must match',
    );
  });
  test("plugins are listed, all in order", async () => {
    const plugins = await ok("plugins", "ls");
    for (const type of ["content.v1", "snapshotter.v1", "runtime.v2", "gc.v1", "differ.v1"])
      expect(plugins).toMatch(new RegExp(`io.containerd.${type} .* ok`));
  });
});

describe("tasks", () => {
  test("run passes output, errors and the exit code on", async () => {
    const result = await run("out", ["sh", "-c", "echo out; echo err >&2; exit 3"]);
    expect([result.stdout, result.stderr, result.code]).toEqual(["out\n", "err\n", 3]);
  });
  test(
    "run passes input on to its end",
    async () => {
      // ctr loses an end of its input that comes before the task is there: so it comes after the first output.
      const child = Bun.spawn(
        ["ctr", "-a", containerd.socket, "run", "--rm", image, "in", "sh", "-c", "echo ready; cat"],
        { stdin: "pipe", stdout: "pipe", stderr: "inherit" },
      );
      const reader = child.stdout.getReader();
      const first = await reader.read();
      expect(new TextDecoder().decode(first.value)).toBe("ready\n");
      child.stdin.write("given");
      await child.stdin.end();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe("given");
      expect(await child.exited).toBe(0);
    },
    LONG,
  );
  test(
    "start, list, ps, metrics, exec, pause, resume, kill, remove",
    async () => {
      const id = await detached("life", "sleep", "1000");
      expect(await statusOf(id)).toBe("RUNNING");
      const [, pid] = /life\s+(\d+)/.exec(await ok("tasks", "ls"))!;
      expect(await ok("tasks", "ps", id)).toMatch(new RegExp(`\n${pid}\\s`));
      expect(await ok("tasks", "metrics", id)).toMatch(/memory.usage_in_bytes\s+\d+/);
      const exec = await containerd.ctr([
        "tasks",
        "exec",
        "--exec-id",
        "e",
        id,
        "sh",
        "-c",
        "echo in; exit 5",
      ]);
      expect([exec.stdout, exec.code]).toEqual(["in\n", 5]);
      const none = await containerd.ctr(["tasks", "exec", "--exec-id", "e", id, "nope"]);
      expect(none.stderr).toContain('exec: "nope": executable file not found in $PATH');
      await ok("tasks", "pause", id);
      expect(await statusOf(id)).toBe("PAUSED");
      await ok("tasks", "resume", id);
      expect(await statusOf(id)).toBe("RUNNING");
      expect((await containerd.ctr(["tasks", "rm", id])).stderr).toMatch(/running/);
      await ok("tasks", "kill", "-s", "SIGKILL", id);
      await stopped(id);
      const removed = await containerd.ctr(["tasks", "rm", id]);
      expect(removed.stderr).toContain("exit code 137");
      await ok("containers", "rm", id);
      expect(await statusOf(id)).toBe("gone");
      expect(await ok("snapshots", "ls")).not.toContain(id);
    },
    LONG,
  );
  test("attach shows what a running task says, and its exit code", async () => {
    const script = "trap 'exit 4' TERM; while :; do echo x; sleep 0.05; done";
    // ctr waits for an end of its own pipes, which a container that goes on keeps open: none for it.
    const start = Bun.spawn(
      ["ctr", "-a", containerd.socket, "run", "-d", image, "talk", "sh", "-c", script],
      {
        stdout: "ignore",
        stderr: "ignore",
      },
    );
    expect(await start.exited).toBe(0);
    const attach = Bun.spawn(["ctr", "-a", containerd.socket, "tasks", "attach", "talk"], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
    });
    const { value } = await attach.stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toStartWith("x\n");
    await ok("tasks", "kill", "talk");
    expect(await attach.exited).toBe(4);
    await remove("talk");
  });
  test("a log URI of a file gets the output", async () => {
    const log = join(containerd.folder, "logs", "file.log");
    await ok("run", "-d", "--log-uri", `file://${log}`, image, "logged", "sh", "-c", "echo logged; exit 4");
    await stopped("logged");
    // A task is stopped when its process is gone; its output may still be on the way.
    await eventually(
      "the output in the file",
      () => readFileSync(log, "utf8"),
      (text) => text === "logged\n",
    );
    await remove("logged");
  });
  test("limits are set", async () => {
    const id = "limits";
    await ok("run", "-d", "--null-io", "--memory-limit", "52428800", image, id, "sleep", "1000");
    expect(await ok("tasks", "metrics", id)).toMatch(/memory.limit_in_bytes\s+52428800/);
    await remove(id);
  });
  test("what cannot run is refused, and leaves nothing behind", async () => {
    const bad = await run("bad", ["nope"]);
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain('exec: "nope": executable file not found in $PATH');
    expect(await ok("containers", "ls", "-q")).toBe("");
    expect((await containerd.ctr(["tasks", "start", "none"])).stderr).toContain(
      'container "none" in namespace "default": not found',
    );
    expect((await containerd.ctr(["run", image, "a/b", "true"])).stderr).toContain(
      'identifier "a/b" must match',
    );
    expect((await containerd.ctr(["tasks", "checkpoint", "none"])).code).toBe(1);
    expect(existsSync(join(containerd.folder, "state/io.containerd.runtime.v2.task/default/bad"))).toBe(
      false,
    );
  });
  test("an unknown task is told in stock's words", async () => {
    await ok("containers", "create", image, "idle", "true");
    expect((await containerd.ctr(["tasks", "kill", "idle"])).stderr).toBe(
      "ctr: no running task found: task idle not found: not found\n",
    );
    await ok("containers", "rm", "idle");
  });
});

describe("containers", () => {
  test("are made once, labelled, filtered, shown and removed", async () => {
    await ok("containers", "create", image, "one", "true");
    await ok("containers", "create", image, "two", "true");
    expect((await containerd.ctr(["containers", "create", image, "one", "true"])).stderr).toContain(
      "already exists",
    );
    await ok("containers", "label", "one", "color=red");
    expect(await ok("containers", "ls", "-q", "labels.color==red")).toBe("one");
    expect(JSON.parse(await ok("containers", "info", "one"))).toMatchObject({
      ID: "one",
      Image: image,
      SnapshotKey: "one",
      Runtime: { Name: "io.containerd.runc.v2" },
    });
    await ok("containers", "rm", "one", "two");
    expect(await ok("containers", "ls", "-q")).toBe("");
  });
});

describe("images and content", () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry.stop());

  test("export and import give the same image", async () => {
    const archive = join(containerd.folder, "export.tar");
    await ok("images", "export", archive, image);
    const digest = async () => / (sha256:\w+) /.exec(await ok("images", "ls", `name==${image}`))![1];
    const before = await digest();
    await ok("images", "rm", image);
    await ok("images", "import", archive);
    expect(await digest()).toBe(before);
    expect(await ok("images", "check", `name==${image}`)).toContain("complete (2/2)");
  });
  test(
    "push to a registry, remove, pull from it into another snapshotter, run",
    async () => {
      const name = `${registry.host}/test/busybox:1`;
      await ok("images", "tag", image, name);
      await ok("images", "push", "--plain-http", name);
      await ok("images", "rm", name);
      await ok("images", "pull", "--plain-http", "--snapshotter", "native", name);
      await ok("images", "label", name, "from=registry");
      expect(await ok("images", "ls", `name==${name}`)).toContain("from=registry");
      const result = await containerd.ctr([
        "run",
        "--rm",
        "--snapshotter",
        "native",
        name,
        "nat",
        "echo",
        "native",
      ]);
      expect(result.stdout).toBe("native\n");
      expect(await ok("content", "fetch", "--plain-http", name)).toContain("resolved");
      await ok("images", "rm", name);
    },
    LONG,
  );
  test("content is ingested, read, labelled and deleted", async () => {
    // A namespace of its own, for what nothing refers to goes at the next garbage collection.
    const namespace = "content";
    const content = (args: string[], stdin?: Uint8Array | string) =>
      containerd.ctr(["content", ...args], { namespace, ...(stdin === undefined ? {} : { stdin }) });
    const data = crypto.getRandomValues(new Uint8Array(65_536));
    const digest = `sha256:${new Bun.CryptoHasher("sha256").update(data).digest("hex")}`;
    expect((await content(["ingest", "--expected-digest", digest, "ref"], data)).stderr).toBe("");
    const back = Bun.spawnSync(["ctr", "-a", containerd.socket, "-n", namespace, "content", "get", digest]);
    expect(Buffer.compare(back.stdout, data)).toBe(0);
    await content(["label", digest, "x=y"]);
    expect((await content(["ls", "labels.x==y"])).stdout).toContain(digest);
    await content(["rm", digest]);
    expect((await content(["ls", "-q"])).stdout).toBe("");
    const wrong = await content(["ingest", "--expected-digest", digest, "ref2"], "other");
    expect(wrong.stderr).toContain("unexpected commit digest");
  });
});

describe("snapshots", () => {
  for (const snapshotter of ["overlayfs", "native"])
    test(`${snapshotter}: prepare, mount, usage, diff, commit, view, remove`, async () => {
      const snapshots = (...args: string[]) => ok("snapshots", "--snapshotter", snapshotter, ...args);
      await ok("images", "mount", "--snapshotter", snapshotter, image, mkdir("first"));
      await ok("images", "unmount", join(containerd.folder, "first"));
      const [base] = /sha256:\w+/.exec(await snapshots("ls"))!;
      await snapshots("prepare", "work", base);
      const target = mkdir("mnt");
      const mount = await snapshots("mounts", target, "work");
      const script = `${mount} && echo data > ${target}/data && rm ${target}/bin/ls; umount ${target}`;
      expect(Bun.spawnSync(["sh", "-ec", script]).stderr.toString()).toBe("");
      expect(await snapshots("usage", "work")).toMatch(/work\s+\S+ KiB|MiB\s+\d+/);
      const diff = Bun.spawn(
        [
          "sh",
          "-c",
          `ctr -a ${containerd.socket} snapshots --snapshotter ${snapshotter} diff work | tar tzf -`,
        ],
        { stdout: "pipe" },
      );
      const names = (await new Response(diff.stdout).text()).split("\n");
      expect(names).toContain("data");
      expect(names).toContain("bin/.wh.ls");
      expect(names).not.toContain("bin/sh");
      await snapshots("commit", "done", "work");
      await snapshots("view", "look", "done");
      expect(await snapshots("tree")).toContain("\\_ done");
      expect(await snapshots("info", "done")).toContain('"Kind": "Committed"');
      await snapshots("label", "done", "a=b");
      const removal = await containerd.ctr(["snapshots", "--snapshotter", snapshotter, "rm", base]);
      expect(removal.stderr).toContain("cannot remove snapshot with child");
      await snapshots("rm", "look");
      await snapshots("rm", "done");
    });
  test("an unknown snapshotter is named", async () => {
    const unknown = await containerd.ctr(["snapshots", "--snapshotter", "none", "ls"]);
    expect(unknown.stderr).toContain("snapshotter not loaded: none");
  });
});

function mkdir(name: string): string {
  const path = join(containerd.folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}

describe("events and leases", () => {
  test("a task's life is told once, in order", async () => {
    const child = Bun.spawn(["ctr", "-a", containerd.socket, "events"], { stdout: "pipe", stderr: "ignore" });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const chunk of child.stdout) seen.push(new TextDecoder().decode(chunk));
    })();
    const text = () => seen.join("");
    let n = 0;
    // The subscription is known to stand when an event of it has come.
    const poke = async () => {
      await ok("namespaces", "label", "default", `seen=${n++}`);
      return text();
    };
    await eventually("subscribed", poke, (all) => all.includes("/namespaces/update"));
    expect((await run("told", ["sh", "-c", "exit 6"])).code).toBe(6);
    await eventually("deleted", text, (all) => all.includes("/containers/delete"));
    child.kill();
    await reading;
    const topics = [...text().matchAll(/ (\/(?:tasks|containers)\/[\w-]+) /g)].map(([, topic]) => topic);
    expect(topics).toEqual([
      "/containers/create",
      "/tasks/create",
      "/tasks/start",
      "/tasks/exit",
      "/tasks/delete",
      "/containers/delete",
    ]);
    expect(text()).toMatch(/\/tasks\/exit .*"exit_status":6/);
  });
  test("leases are made, listed and removed", async () => {
    await ok("leases", "create", "--id", "held", "--expires", "1h", "a=b");
    expect(await ok("leases", "ls")).toMatch(/held .*a=b/);
    await ok("leases", "rm", "--sync", "held");
    expect(await ok("leases", "ls", "-q")).not.toContain("held");
  });
  test("an image that goes takes its content and snapshots with it; what a container stands on stays", async () => {
    const other = await containerd.ctr(["images", "import", join(containerd.folder, "export.tar")], {
      namespace: "gc",
    });
    expect(other.stderr).toBe("");
    const inside = (...args: string[]) => containerd.ctr(args, { namespace: "gc" });
    await inside("containers", "create", image, "keeps", "true");
    await inside("images", "rm", "--sync", image);
    expect((await inside("content", "ls", "-q")).stdout).toBe("");
    expect((await inside("snapshots", "ls")).stdout).toContain("keeps");
    await inside("containers", "rm", "keeps");
    await inside("leases", "create", "--id", "poke");
    await inside("leases", "rm", "--sync", "poke");
    expect((await inside("snapshots", "ls")).stdout.trim()).toMatch(/^KEY\s+PARENT\s+KIND$/);
  });
});

describe("kill -9 of docker-containerd", () => {
  test(
    "tasks go on and are found again, exit codes are kept",
    async () => {
      await detached("stays", "sleep", "1000");
      await ok(
        "run",
        "-d",
        "--null-io",
        image,
        "ends",
        "sh",
        "-c",
        "while [ ! -e /end ]; do sleep 0.02; done; exit 9",
      );
      const [, pid] = /ends\s+(\d+)/.exec(await ok("tasks", "ls"))!;
      await containerd.kill();
      await Bun.write(`/proc/${pid}/root/end`, "");
      await eventually(
        "the task has ended",
        () => existsSync(`/proc/${pid}/root/end`),
        (there) => !there,
      );
      await containerd.start();
      expect(await statusOf("stays")).toBe("RUNNING");
      expect(await statusOf("ends")).toBe("STOPPED");
      expect((await containerd.ctr(["tasks", "rm", "ends"])).stderr).toContain("exit code 9");
      await ok("containers", "rm", "ends");
      const exec = await containerd.ctr(["tasks", "exec", "--exec-id", "e", "stays", "echo", "alive"]);
      expect(exec.stdout).toBe("alive\n");
      await remove("stays");
    },
    LONG,
  );
  test("the root folder and the socket are taken by one daemon only", async () => {
    await expect(second(["-l", `unix://${join(containerd.folder, "other.sock")}`])).resolves.toContain(
      "is in use by another docker-containerd",
    );
    await expect(second(["-l", `unix://${containerd.socket}`])).resolves.toContain(
      "another process already serves this socket",
    );
  });
});

/** Starts a second daemon on the folders of the first and returns what it says. */
async function second(flags: string[]): Promise<string> {
  const { folder } = containerd;
  const child = Bun.spawn(
    [
      join(BIN, "docker-containerd"),
      ...flags,
      "--root",
      join(folder, "root"),
      "--state",
      join(folder, "state"),
    ],
    { stdout: "ignore", stderr: "pipe", timeout: 10_000 },
  );
  const [stderr, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  expect(code).toBe(1);
  return stderr;
}
