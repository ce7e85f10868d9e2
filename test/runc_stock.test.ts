/** docker-runc in the place of runc: under stock dockerd 20.10, stock containerd with its own shim, and podman. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import type { RunningEngine } from "../hack/lib/chain.ts";
import { STOCK_DOCKERD, startStockEngine } from "../hack/lib/stock-engine.ts";
import { BIN } from "./lib/engine.ts";
import { missing, type StockContainerd, startStockContainerd } from "./lib/stock-containerd.ts";

const RUNC = join(BIN, "docker-runc");
/** Several daemons start on a busy machine. */
const LONG = 60_000;

const folder = mkdtempSync("/tmp/pequod-stock-");
const archive = join(folder, "busybox.tar");
writeBusyboxImage(archive);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dockerMissing = !existsSync(STOCK_DOCKERD);
if (dockerMissing) console.error(`runc_stock.test.ts: ${STOCK_DOCKERD} is not installed`);

describe.skipIf(dockerMissing)("stock dockerd with docker-runc as its default runtime", () => {
  let engine: RunningEngine;
  const run = (...args: string[]) => engine.docker("run", "--rm", "--network", "none", ...args);

  beforeAll(async () => {
    engine = await startStockEngine({
      folder,
      flags: [
        ...["--add-runtime", `ours=${RUNC}`, "--default-runtime", "ours"],
        ...["--bridge", "none", "--iptables=false", "--ip6tables=false", "--storage-driver", "vfs"],
      ],
    });
    expect(engine.docker("load", "-i", archive).code).toBe(0);
  }, LONG);
  afterAll(() => engine.stop());

  test(
    "runs, with output and exit codes",
    () => {
      expect(engine.docker("info", "--format", "{{.DefaultRuntime}}").output).toBe("ours\n");
      expect(run("busybox", "echo", "hi")).toEqual({ code: 0, output: "hi\n" });
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
      const name = "long";
      const script = "trap 'exit 3' TERM; while :; do sleep 0.1; done";
      const limits = ["--memory", "100m", "--pids-limit", "50", "--cpu-shares", "300"];
      const started = engine.docker(
        "run",
        "-d",
        "--name",
        name,
        "--network",
        "none",
        ...limits,
        "busybox",
        "sh",
        "-c",
        script,
      );
      expect(started.code).toBe(0);
      const at = "/sys/fs/cgroup/memory/memory.limit_in_bytes";
      expect(engine.docker("exec", name, "cat", at).output).toBe("104857600\n");
      expect(engine.docker("exec", name, "sh", "-c", "exit 9").code).toBe(9);
      expect(engine.docker("exec", "-t", name, "tty").output).toBe("/dev/pts/0\r\n");
      expect(engine.docker("update", "--memory", "120m", "--memory-swap", "240m", name).code).toBe(0);
      expect(engine.docker("exec", name, "cat", at).output).toBe("125829120\n");
      expect(engine.docker("pause", name).code).toBe(0);
      expect(engine.docker("inspect", "--format", "{{.State.Status}}", name).output).toBe("paused\n");
      expect(engine.docker("unpause", name).code).toBe(0);
      expect(engine.docker("top", name).output).toContain("sleep 0.1");
      expect(engine.docker("stop", name).code).toBe(0);
      expect(engine.docker("inspect", "--format", "{{.State.ExitCode}}", name).output).toBe("3\n");
      expect(engine.docker("rm", name).code).toBe(0);
    },
    LONG,
  );
  test(
    "added capabilities, host namespaces, read-only, users",
    () => {
      expect(
        run(
          ...["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"],
          "busybox",
          "sh",
          "-c",
          "mkdir /m && mount -t tmpfs x /m && echo ok",
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
if (lacking !== "") console.error(`runc_stock.test.ts: not installed: ${lacking}`);

describe.skipIf(lacking !== "")("stock containerd and its shim with ctr run --runc-binary", () => {
  let containerd: StockContainerd;
  beforeAll(async () => {
    containerd = await startStockContainerd({ runtime: RUNC, shim: "stock" });
  }, LONG);
  afterAll(() => containerd.stop(), LONG);

  test(
    "runs to the end with output and exit code",
    async () => {
      const result = await containerd.ctr(containerd.run("one", ["--rm"], "sh", "-c", "echo out; exit 7"));
      expect(result.stdout).toBe("out\n");
      expect(result.code).toBe(7);
    },
    LONG,
  );
  test(
    "exec, pause, resume, kill",
    async () => {
      await containerd.ok(...containerd.run("two", ["-d", "--null-io"], "sleep", "1000"));
      expect(await containerd.ok("tasks", "exec", "--exec-id", "e1", "two", "echo", "inside")).toBe("inside");
      await containerd.ok("tasks", "pause", "two");
      expect(await containerd.ok("tasks", "ls")).toContain("PAUSED");
      await containerd.ok("tasks", "resume", "two");
      expect(await containerd.ok("tasks", "ls")).toContain("RUNNING");
      expect(await containerd.ok("tasks", "metrics", "two")).toContain("pids.current");
    },
    LONG,
  );
});

const podmanMissing = Bun.which("podman") === null || Bun.which("conmon") === null;
if (podmanMissing) console.error("runc_stock.test.ts: podman or conmon is not installed");

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
