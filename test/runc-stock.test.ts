/** docker-runc in the place of runc: under stock dockerd 20.10, stock containerd with its own shim, and podman. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import type { RunningEngine } from "../hack/lib/chain.ts";
import { STOCK_DOCKERD, startStockEngine } from "../hack/lib/stock-engine.ts";
import { BIN, eventually } from "./lib/engine.ts";
import { missing, type StockContainerd, said, startStockContainerd } from "./lib/stock-containerd.ts";

const RUNC = join(BIN, "docker-runc");
/** Several daemons start on a busy machine. */
const LONG = 60_000;

const folder = mkdtempSync("/tmp/pequod-stock-");
const archive = join(folder, "busybox.tar");
writeBusyboxImage(archive);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dockerMissing = !existsSync(STOCK_DOCKERD);
if (dockerMissing) console.error(`runc-stock.test.ts: ${STOCK_DOCKERD} is not installed`);

/** What the runtime was called with, by name of the runtime: the wrappers below write it down. */
const calls = (name: string) =>
  existsSync(join(folder, `${name}.calls`)) ? readFileSync(join(folder, `${name}.calls`), "utf8") : "";

/** docker-runc behind a script that notes each call: so that it is sure whose containers these are. */
function noted(name: string): string {
  const path = join(folder, `${name}-runc`);
  const note = join(folder, `${name}.calls`);
  writeFileSync(path, `#!/bin/sh\necho "$*" >>${note}\nexec ${RUNC} "$@"\n`, { mode: 0o755 });
  return path;
}

const COMMON = [...["--bridge", "none", "--iptables=false", "--ip6tables=false", "--storage-driver", "vfs"]];
/** How stock dockerd comes to docker-runc: its flags, and those of each run. */
const WAYS = [
  ["as its default runtime", "default", ["--default-runtime", "default"], []],
  ["by --add-runtime and --runtime", "added", [], ["--runtime", "added"]],
] as const;

describe.skipIf(dockerMissing).each(WAYS)("stock dockerd with docker-runc %s", (_, name, flags, chosen) => {
  let engine: RunningEngine;
  const run = (...args: string[]) => engine.docker("run", "--rm", "--network", "none", ...chosen, ...args);

  beforeAll(async () => {
    mkdirSync(join(folder, name));
    engine = await startStockEngine({
      folder: join(folder, name),
      flags: ["--add-runtime", `${name}=${noted(name)}`, ...flags, ...COMMON],
    });
    expect(engine.docker("load", "-i", archive).code).toBe(0);
  }, LONG);
  afterAll(() => engine.stop());

  test(
    "runs, with output and exit codes, with and without a terminal",
    () => {
      const usual = engine.docker("info", "--format", "{{.DefaultRuntime}}").output;
      expect(usual).toBe(name === "default" ? "default\n" : "runc\n");
      expect(run("busybox", "echo", "hi")).toEqual({ code: 0, output: "hi\n" });
      for (const command of ["create", "start", "delete"]) expect(calls(name)).toContain(` ${command} `);
      expect(run("busybox", "sh", "-c", "exit 42").code).toBe(42);
      expect(run("-t", "busybox", "tty").output).toBe("/dev/pts/0\r\n");
    },
    LONG,
  );
  test(
    "errors have their exit codes: 127 not there, 126 cannot run",
    () => {
      const absent = run("busybox", "nonesuch");
      expect(absent.code).toBe(127);
      expect(absent.output).toContain('exec: "nonesuch": executable file not found in $PATH');
      expect(run("busybox", "/etc/passwd").code).toBe(126);
    },
    LONG,
  );
  test(
    "exec, limits, pause, update, signals",
    () => {
      const id = "long";
      const script = "trap 'echo usr1' USR1; trap 'exit 3' TERM; while :; do sleep 0.1; done";
      const limits = ["--memory", "100m", "--pids-limit", "50", "--cpu-shares", "300"];
      const started = engine.docker(
        ...["run", "-d", "--name", id, "--network", "none", ...chosen, ...limits],
        ...["busybox", "sh", "-c", script],
      );
      expect(started.code).toBe(0);
      const at = (path: string) => engine.docker("exec", id, "cat", `/sys/fs/cgroup/${path}`).output;
      expect(at("memory/memory.limit_in_bytes")).toBe("104857600\n");
      expect(at("pids/pids.max")).toBe("50\n");
      expect(at("cpu/cpu.shares")).toBe("300\n");
      expect(engine.docker("exec", id, "sh", "-c", "exit 9").code).toBe(9);
      expect(engine.docker("exec", "-t", id, "tty").output).toBe("/dev/pts/0\r\n");
      expect(engine.docker("update", "--memory", "120m", "--memory-swap", "240m", id).code).toBe(0);
      expect(at("memory/memory.limit_in_bytes")).toBe("125829120\n");
      expect(engine.docker("pause", id).code).toBe(0);
      expect(engine.docker("inspect", "--format", "{{.State.Status}}", id).output).toBe("paused\n");
      expect(engine.docker("unpause", id).code).toBe(0);
      expect(engine.docker("top", id).output).toContain("sleep 0.1");
      expect(engine.docker("kill", "-s", "USR1", id).code).toBe(0);
      // A signal waits for the sleep that runs; the next one is heeded after it.
      expect(engine.docker("stop", id).code).toBe(0);
      expect(engine.docker("logs", id).output).toBe("usr1\n");
      expect(engine.docker("inspect", "--format", "{{.State.ExitCode}}", id).output).toBe("3\n");
      expect(engine.docker("rm", id).code).toBe(0);
      for (const command of ["exec", "update", "pause", "resume"])
        expect(calls(name)).toContain(` ${command} `);
    },
    LONG,
  );
  test(
    "added capabilities, host namespaces, read-only, users",
    () => {
      expect(
        run(
          ...["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"],
          ...["busybox", "sh", "-c", "mkdir /m && mount -t tmpfs x /m && echo ok"],
        ).output,
      ).toContain("ok");
      expect(run("--pid", "host", "--ipc", "host", "--uts", "host", "busybox", "hostname").code).toBe(0);
      expect(run("--read-only", "busybox", "touch", "/x").output).toContain("Read-only file system");
      expect(run("--user", "1000:1000", "busybox", "id", "-u").output).toBe("1000\n");
    },
    LONG,
  );
});

const lacking = missing();
if (lacking !== "") console.error(`runc-stock.test.ts: not installed: ${lacking}`);

describe.skipIf(lacking !== "")("stock containerd and its shim with ctr run --runc-binary", () => {
  let containerd: StockContainerd;
  beforeAll(async () => {
    containerd = await startStockContainerd({ runtime: noted("ctr"), shim: "stock" });
  }, LONG);
  afterAll(() => containerd.stop(), LONG);

  test(
    "runs to the end with output and exit code",
    async () => {
      const done = await containerd.untilSaid(containerd.run("one", ["--rm"], "sh", "-c", said("out", 7)));
      expect(done).toEqual({ code: 7, stdout: "out\n", stderr: "" });
      for (const command of ["create", "start", "delete"]) expect(calls("ctr")).toContain(` ${command} `);
    },
    LONG,
  );
  test(
    "exec, limits, pause, resume",
    async () => {
      const limits = ["--memory-limit", "104857600", "--cpus", "0.5"];
      await containerd.ok(...containerd.run("two", ["-d", "--null-io", ...limits], "sleep", "1000"));
      const exec = ["tasks", "exec", "--exec-id", "e1", "two", "sh", "-c", said("inside", 9)];
      expect(await containerd.untilSaid(exec)).toEqual({ code: 9, stdout: "inside\n", stderr: "" });
      const [, pid = ""] = (await containerd.ok("tasks", "ls")).split("\n").at(-1)!.split(/\s+/);
      const limit = (controller: string, file: string) => {
        const cgroups = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
        const path = cgroups.find((line) => line.split(":")[1]?.split(",").includes(controller));
        return readFileSync(`/sys/fs/cgroup/${controller}${path?.split(":")[2]}/${file}`, "utf8");
      };
      expect(limit("memory", "memory.limit_in_bytes")).toBe("104857600\n");
      expect(limit("cpu", "cpu.cfs_quota_us")).toBe("50000\n");
      await containerd.ok("tasks", "pause", "two");
      expect(await containerd.ok("tasks", "ls")).toContain("PAUSED");
      await containerd.ok("tasks", "resume", "two");
      expect(await containerd.ok("tasks", "ls")).toContain("RUNNING");
      expect(await containerd.ok("tasks", "metrics", "two")).toContain("pids.current");
    },
    LONG,
  );
  test(
    "signals",
    async () => {
      const script = "trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done";
      const command = ["ctr", "-a", containerd.address, ...containerd.run("three", [], "sh", "-c", script)];
      const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
      const reader = child.stdout.getReader();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe("ready\n");
      await containerd.ok("tasks", "kill", "-s", "SIGTERM", "three");
      expect(await child.exited).toBe(3);
    },
    LONG,
  );
  test(
    "a terminal, in which one types",
    async () => {
      const decoder = new TextDecoder();
      let seen = "";
      const command = ["ctr", "-a", containerd.address, ...containerd.run("four", ["--rm", "-t"], "sh")];
      const child = Bun.spawn(command, {
        terminal: {
          cols: 91,
          rows: 33,
          data(_, chunk) {
            seen += decoder.decode(chunk, { stream: true });
          },
        },
      });
      const screen = child.terminal!;
      const shows = (text: string) =>
        eventually(
          "the screen",
          () => seen,
          (all) => all.includes(text),
          50,
        );
      await shows("# ");
      screen.write("echo is-$((40 + 2)); tty\n");
      await shows("is-42");
      await shows("/dev/pts/0");
      screen.write("exit 6\n");
      expect(await child.exited).toBe(6);
      screen.close();
    },
    LONG,
  );
});

const podmanMissing = Bun.which("podman") === null || Bun.which("conmon") === null;
if (podmanMissing) console.error("runc-stock.test.ts: podman or conmon is not installed");

describe.skipIf(podmanMissing)("podman --runtime", () => {
  const at = (name: string) => join(folder, "podman", name);
  const podman = (...args: string[]) => {
    const child = Bun.spawnSync(
      [
        "podman",
        ...["--root", at("root"), "--runroot", at("run"), "--tmpdir", at("tmp"), "--storage-driver", "vfs"],
        ...["--runtime", RUNC, "--cgroup-manager", "cgroupfs", "--events-backend", "file", ...args],
      ],
      { stdin: "ignore" },
    );
    return { code: child.exitCode, output: child.stdout.toString(), errors: child.stderr.toString() };
  };
  // Without CAP_SYS_RESOURCE the limits that podman asks for cannot be raised.
  const create = ["--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"];
  const run = (...args: string[]) => podman("run", ...create, ...args);

  beforeAll(() => {
    expect(podman("load", "-i", archive).errors).toContain("Writing manifest");
  }, LONG);

  test(
    "runs, with a terminal, exit codes and errors",
    () => {
      expect(run("--rm", "busybox", "sh", "-c", "echo hi; exit 7")).toMatchObject({
        code: 7,
        output: "hi\n",
      });
      expect(run("--rm", "-t", "busybox", "tty").output).toBe("/dev/pts/0\r\n");
      const absent = run("--rm", "busybox", "nonesuch");
      expect(absent.code).toBe(127);
      expect(absent.errors).toContain("executable file not found in $PATH");
    },
    LONG,
  );
  test(
    "exec, limits, pause, signals",
    () => {
      const script = "trap 'exit 3' TERM; while :; do sleep 0.1; done";
      expect(run("-d", "--name", "c", "--memory", "100m", "busybox", "sh", "-c", script).code).toBe(0);
      const limit = podman("exec", "c", "cat", "/sys/fs/cgroup/memory/memory.limit_in_bytes");
      expect(limit.output).toBe("104857600\n");
      expect(podman("exec", "c", "sh", "-c", "exit 9").code).toBe(9);
      expect(podman("exec", "-t", "c", "tty").output).toBe("/dev/pts/0\r\n");
      expect(podman("pause", "c").code).toBe(0);
      expect(podman("unpause", "c").code).toBe(0);
      expect(podman("stop", "c").code).toBe(0);
      expect(podman("wait", "c").output).toBe("3\n");
      expect(podman("rm", "-f", "c").code).toBe(0);
    },
    LONG,
  );
});
