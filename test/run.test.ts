import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, OUR_CLI, STOCK_CLI, startTestEngine } from "./lib/engine.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

describe.each([
  ["stock", STOCK_CLI],
  ["our", OUR_CLI],
])("docker run with %s client", (_, cli) => {
  const run = (...args: string[]) => engine.docker(["run", "--rm", ...args], { cli });
  const sh = async (script: string, ...options: string[]) => {
    const { code, stdout, stderr } = await run(...options, "busybox", "sh", "-c", script);
    return code === 0 ? stdout.trim() : `exit ${code}: ${stderr}${stdout}`;
  };

  test("prints what the container prints, on the right stream", async () => {
    const result = await run("busybox", "sh", "-c", "echo out; echo err >&2");
    expect(result).toEqual({ code: 0, stdout: "out\n", stderr: "err\n" });
  });
  test("gives the container's exit code", async () => {
    expect((await run("busybox", "sh", "-c", "exit 42")).code).toBe(42);
    expect((await run("busybox", "sh", "-c", "sh -c 'kill -9 $$'; exit $?")).code).toBe(137);
  });
  test("says 127 for a command that is not there, 126 for one that cannot run, 125 for its own failures", async () => {
    const missing = await run("busybox", "nonesuch");
    expect(missing.code).toBe(127);
    expect(missing.stderr).toStartWith("docker: Error response from daemon: ");
    expect(missing.stderr.split('exec: "nonesuch": executable file not found in $PATH')).toHaveLength(2);
    expect((await run("busybox", "/etc/passwd")).code).toBe(126);
    expect((await run("--memory", "1k", "busybox", "true")).code).toBe(125);
    expect((await run("--no-such-option", "busybox", "true")).code).toBe(125);
  });
  test("leaves nothing of a container that could not start", async () => {
    await run("--name", `broken-${cli.length}`, "busybox", "nonesuch");
    expect(await engine.ok("ps", "-aq", "--filter", `name=broken-${cli.length}`)).toBe("");
  });
  test("sets environment, user, working directory, hostname and labels", async () => {
    expect(await sh("echo $A $B", "-e", "A=1", "-e", "B=x y")).toBe("1 x y");
    expect(await sh("id -u; id -g", "-u", "daemon")).toBe("1\n1");
    expect(await sh("id -u; id -g", "-u", "1000:2000")).toBe("1000\n2000");
    expect(await sh("pwd", "-w", "/made/up")).toBe("/made/up");
    expect(await sh("hostname", "--hostname", "box")).toBe("box");
  });
  test("reads an environment file", async () => {
    writeFileSync(join(engine.folder, "env"), "# comment\nC=from file\n");
    expect(await sh("echo $C", "--env-file", join(engine.folder, "env"))).toBe("from file");
  });
  test("passes binary stdin of any size and half-closes it", async () => {
    const data = new Uint8Array(5_000_000);
    for (let i = 0; i < data.length; i += 4096)
      crypto.getRandomValues(data.subarray(i, Math.min(i + 4096, data.length)));
    const { stdout, code } = await engine.docker(["run", "--rm", "-i", "busybox", "sha256sum"], {
      cli,
      stdin: data,
    });
    expect(code).toBe(0);
    expect(stdout).toBe(`${new Bun.CryptoHasher("sha256").update(data).digest("hex")}  -\n`);
  });
  test("binds folders, mounts volumes and tmpfs", async () => {
    const folder = join(engine.folder, `bind-${cli.length}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "file"), "content");
    expect(await sh("cat /data/file; echo new > /data/made", "-v", `${folder}:/data`)).toBe("content");
    expect(existsSync(join(folder, "made"))).toBe(true);
    expect(await sh("touch /data/x", "-v", `${folder}:/data:ro`)).toContain("Read-only file system");
    expect(await sh("echo kept > /v/f", "-v", `vol-${cli.length}:/v`)).toBe("");
    expect(await sh("cat /v/f", "--mount", `type=volume,source=vol-${cli.length},target=/v`)).toBe("kept");
    expect(await sh("grep ' /t ' /proc/mounts", "--tmpfs", "/t:size=64k")).toContain("size=64k");
  });
  test("refuses a bind source that is not there", async () => {
    const result = await run("--mount", "type=bind,source=/does/not/exist,target=/x", "busybox", "true");
    expect(result.code).toBe(125);
    expect(result.stderr).toContain("bind source path does not exist: /does/not/exist");
  });
  test("limits memory, processes and cpu, and sets ulimits and sysctls", async () => {
    const read =
      "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us";
    const limits = await sh(read, "-m", "64m", "--pids-limit", "50", "--cpus", "0.5");
    expect(limits).toBe("67108864\n50\n50000");
    expect(await sh("ulimit -n", "--ulimit", "nofile=512:512")).toBe("512");
    expect(
      await sh(
        "cat /proc/sys/net/ipv4/ip_unprivileged_port_start",
        "--sysctl",
        "net.ipv4.ip_unprivileged_port_start=7",
      ),
    ).toBe("7");
  });
  test("gives stock's capabilities by default, fewer or more on demand", async () => {
    const caps = (...options: string[]) => sh("grep CapEff /proc/self/status | cut -f2", ...options);
    expect(await caps()).toBe("00000000a80425fb");
    expect(await caps("--cap-drop", "ALL")).toBe("0000000000000000");
    expect(await caps("--cap-drop", "ALL", "--cap-add", "NET_ADMIN")).toBe("0000000000001000");
    const host = /CapBnd:\s+(\w+)/.exec(await Bun.file("/proc/self/status").text())![1]!;
    expect(await caps("--cap-add", "ALL")).toBe(host);
    expect(await caps("--privileged")).toBe(host);
  });
  test("read-only roots, devices, init, no-new-privileges, seccomp", async () => {
    expect(await sh("touch /x", "--read-only")).toContain("Read-only file system");
    expect(await sh("ls /dev/kmsg", "--device", "/dev/kmsg")).toBe("/dev/kmsg");
    expect(await sh("cat /proc/1/comm", "--init")).toBe("docker-init");
    expect(
      await sh("grep NoNewPrivs /proc/self/status | cut -f2", "--security-opt", "no-new-privileges"),
    ).toBe("1");
    expect(await sh("grep Seccomp: /proc/self/status | cut -f2")).toBe("2");
    expect(
      await sh("grep Seccomp: /proc/self/status | cut -f2", "--security-opt", "seccomp=unconfined"),
    ).toBe("0");
  });
  test("masks and protects what Docker does in /proc and /sys", async () => {
    expect(await sh("echo x > /proc/sys/kernel/domainname")).toContain("Read-only file system");
    expect(await sh("mkdir /sys/fs/cgroup/memory/x")).toContain("Read-only file system");
    expect(await sh("ls /sys/firmware | wc -l")).toBe("0");
  });
  test("networks none and host", async () => {
    expect(await sh("ls /sys/class/net", "--network", "none")).toBe("lo");
    const here = readlinkSync("/proc/self/ns/net");
    expect(await sh("readlink /proc/self/ns/net", "--network", "host")).toBe(here);
    expect(await sh("readlink /proc/self/ns/net")).not.toBe(here);
  });
  test("hosts and resolv.conf", async () => {
    expect(await sh("grep extra /etc/hosts", "--add-host", "extra:1.2.3.4")).toBe("1.2.3.4\textra");
    expect(await sh("cat /etc/resolv.conf", "--dns", "9.9.9.9")).toContain("nameserver 9.9.9.9");
  });
  test("two containers cannot have one name", async () => {
    const name = `taken-${cli.length}`;
    await engine.ok("create", "--name", name, "busybox");
    const second = await engine.docker(["create", "--name", name, "busybox"], { cli });
    expect(second.code).not.toBe(0);
    expect(second.stderr).toContain(`Conflict. The container name "/${name}" is already in use by container`);
    await engine.ok("rm", name);
  });
  test("an image that is not there is looked for and reported", async () => {
    const result = await run("--pull", "never", "no-such-image", "true");
    expect(result.code).toBe(125);
    expect(result.stderr).toContain("No such image: no-such-image:latest");
  });
});
