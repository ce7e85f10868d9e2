/** Rarer parts of the runtime specification under docker-runc: idmapped mounts, seccomp agents, affinity, no root. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cgroupLayout } from "../src/linux/cgroup/layout.ts";
import { closeFd } from "../src/linux/fd.ts";
import { receivePacket } from "../src/linux/seqpacket.ts";
import { acceptUnix, listenUnix } from "../src/linux/unix-socket.ts";
import type { Spec } from "../src/oci/runtime-spec.ts";
import { BIN } from "./lib/engine.ts";
import { RuntimeBench } from "./lib/runtime.ts";

const UNIFIED = cgroupLayout().mode === "v2";

let bench: RuntimeBench;
beforeAll(() => {
  bench = new RuntimeBench();
  // Users other than root are on their way through it.
  chmodSync(bench.folder, 0o755);
});
afterEach(() => expect(bench.leftovers()).toEqual([]));
afterAll(() => bench.close());

test("an idmapped mount shows other owners, and writes back the real ones", async () => {
  const source = join(bench.folder, "owned");
  mkdirSync(source);
  chmodSync(source, 0o777);
  writeFileSync(join(source, "file"), "x");
  chownSync(join(source, "file"), 1000, 1000);
  const mapping = [{ containerID: 0, hostID: 5000, size: 2000 }];
  const seen = await bench.sh("stat -c %u:%g /m/file; touch /m/new; stat -c %u /m/new", (spec) => {
    spec.process!.user = { uid: 5007, gid: 5007 };
    spec.mounts!.push({
      destination: "/m",
      type: "bind",
      source,
      options: ["bind"],
      uidMappings: mapping,
      gidMappings: mapping,
    });
  });
  expect(seen).toBe("6000:6000\n5007");
  expect(statSync(join(source, "new")).uid).toBe(7);
});

test("an idmapped mount of a container with a user namespace", async () => {
  const source = join(bench.folder, "owned-by-root");
  mkdirSync(source);
  writeFileSync(join(source, "file"), "x");
  const mappings = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const owner = (options: string[]) =>
    bench.sh("stat -c %u /m/file", (spec) => {
      spec.linux!.namespaces!.push({ type: "user" });
      spec.linux!.uidMappings = mappings;
      spec.linux!.gidMappings = mappings;
      spec.mounts!.push({ destination: "/m", type: "bind", source, options });
    });
  expect(await owner(["bind"])).toBe("65534");
  expect(await owner(["bind", "idmap"])).toBe("0");
  // One that joins the namespace has its mappings, which are not in config.json.
  const id = await bench.sleeping((spec) => {
    spec.linux!.namespaces!.push({ type: "user" });
    Object.assign(spec.linux!, { uidMappings: mappings, gidMappings: mappings });
  });
  const { pid } = JSON.parse((await bench.runc(["state", id])).stdout) as { pid: number };
  const joined = await bench.sh("stat -c %u /m/file", (spec) => {
    spec.linux!.namespaces!.push({ type: "user", path: `/proc/${pid}/ns/user` });
    spec.mounts!.push({ destination: "/m", type: "bind", source, options: ["bind", "idmap"] });
  });
  await bench.kill(id);
  expect(joined).toBe("0");
});

test("a seccomp agent gets the filter's descriptor with the container's state", async () => {
  for (const noNewPrivileges of [false, true]) {
    const path = join(bench.folder, `agent-${noNewPrivileges}`);
    const listener = listenUnix(path, 0o600);
    const running = bench.sh("mkdir /tmp/by-agent 2>&1; exit 0", (spec) => {
      spec.process!.noNewPrivileges = noNewPrivileges;
      spec.annotations = { "org.example": "yes" };
      spec.linux!.seccomp = {
        defaultAction: "SCMP_ACT_ALLOW",
        listenerPath: path,
        listenerMetadata: "some data",
        // The kernel itself refuses it beside a listener.
        flags: ["SECCOMP_FILTER_FLAG_TSYNC"],
        syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY" }],
      };
    });
    const connection = await accept(listener);
    const packet = receivePacket(connection)!;
    const state = JSON.parse(new TextDecoder().decode(packet.bytes)) as Record<string, unknown>;
    expect(state).toMatchObject({
      fds: ["seccompFd"],
      metadata: "some data",
      state: { status: "creating", annotations: { "org.example": "yes" } },
    });
    expect(packet.fd).toBeGreaterThan(2);
    // An agent that goes away leaves the calls without an answer: ENOSYS.
    for (const fd of [packet.fd!, connection, listener]) closeFd(fd);
    expect(await running).toContain("Function not implemented");
  }
});

async function accept(listener: number): Promise<number> {
  for (;;) {
    try {
      return acceptUnix(listener);
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      await Bun.sleep(5);
    }
  }
}

test("execCPUAffinity sets the processors of an exec", async () => {
  const id = await bench.sleeping();
  const document = join(bench.folder, "affine.json");
  const allowed = async (execCPUAffinity: { initial?: string; final?: string }) => {
    const process = {
      args: ["grep", "Cpus_allowed_list", "/proc/self/status"],
      cwd: "/",
      env: ["PATH=/bin"],
    };
    writeFileSync(document, JSON.stringify({ ...process, user: { uid: 0, gid: 0 }, execCPUAffinity }));
    const { stdout, stderr } = await bench.runc(["exec", "--process", document, id]);
    return stdout.trim().split(/\s+/)[1] ?? stderr;
  };
  expect(await allowed({ initial: "0", final: "0" })).toBe("0");
  expect(await allowed({ final: "1" })).toBe(existsSync("/sys/devices/system/cpu/cpu1") ? "1" : "0");
  expect(await allowed({ final: "x" })).toContain(
    'process.execCPUAffinity.final: "x" is not a list of processors',
  );
  await bench.kill(id);
});

test("a poststart hook that fails at start undoes the container", async () => {
  const { id, path } = bench.bundle(["sleep", "1000"], (spec) => {
    spec.hooks = { poststart: [{ path: "/bin/sh", args: ["sh", "-c", "echo why >&2; exit 4"] }] };
  });
  expect((await bench.detached(["create", "--bundle", path, id])).code).toBe(0);
  const { code, stderr } = await bench.runc(["start", id]);
  expect(code).toBe(1);
  expect(stderr).toContain(
    "error running poststart hook #0: error running hook: /bin/sh: exit status 4: why",
  );
  expect((await bench.runc(["state", id])).stderr).toContain("container does not exist");
});

test("exec joins sub cgroups with --cgroup, and only those of the container", async () => {
  const id = await bench.sleeping();
  const sub = `/sys/fs/cgroup/pids${bench.cgroup}/${id}/sub`;
  mkdirSync(sub);
  const { stdout } = await bench.runc([
    "exec",
    "--cgroup",
    "pids:sub",
    id,
    "grep",
    "pids",
    "/proc/self/cgroup",
  ]);
  expect(stdout).toEndWith(`${bench.cgroup}/${id}/sub\n`);
  const refused = async (cgroup: string) =>
    (await bench.runc(["exec", "--cgroup", cgroup, id, "true"])).stderr;
  expect(await refused("pids:../x")).toContain("is not a sub cgroup");
  expect(await refused("pids:none")).toContain("none/cgroup.procs: no such file or directory");
  expect(await refused("nosuch:sub")).toContain("unknown controller nosuch");
  await bench.kill(id);
});

test("descriptors are passed on with --preserve-fds, and only those", async () => {
  const { id, path } = bench.bundle(["sh", "-c", "cat <&3; ls /proc/self/fd | tr '\\n' ' '"]);
  const file = join(bench.folder, "preserved");
  writeFileSync(file, "from three\n");
  const command = bench.command(["run", "--preserve-fds", "1", "--bundle", path, id]).join(" ");
  const child = Bun.spawnSync(["sh", "-c", `exec 3<${file} 7<${file}; ${command}`], { stdin: "ignore" });
  expect(child.stdout.toString()).toBe("from three\n0 1 2 3 4 ");
  const missing = await bench.runc(["run", "--preserve-fds", "5", "--bundle", path, id]);
  expect(missing.stderr).toContain("unable to stat preserved-fd");
});

test("without root: run and exec in a user namespace", async () => {
  const home = join(bench.folder, "rootless");
  const root = join(home, "rootfs");
  mkdirSync(root, { recursive: true });
  Bun.spawnSync(["cp", "-a", `${bench.root}/.`, root]);
  Bun.spawnSync(["chown", "-R", "1000:1000", home]);
  const as = (...args: string[]) => {
    const user = ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", bench.binary];
    const child = Bun.spawnSync([...user, ...args], {
      cwd: home,
      stdin: "ignore",
      env: { PATH: process.env["PATH"], XDG_RUNTIME_DIR: home },
    });
    return { code: child.exitCode, out: child.stdout.toString(), err: child.stderr.toString() };
  };
  expect(as("spec", "--rootless")).toMatchObject({ code: 0 });
  const config = JSON.parse(readFileSync(join(home, "config.json"), "utf8")) as {
    process: { args: string[]; terminal: boolean };
  };
  config.process.terminal = false;
  config.process.args = ["sh", "-c", "id -u; hostname; cat /proc/self/uid_map; ls /dev/null"];
  writeFileSync(join(home, "config.json"), JSON.stringify(config));
  const seen = as("run", "rootless-box");
  expect(seen.err).toBe("");
  expect(seen.out.replace(/ +/g, " ")).toBe("0\ndocker-runc\n 0 1000 1\n/dev/null\n");
  expect(as("list", "-q").out).toBe("");
});

test("plan and check need no root, and make nothing", async () => {
  const { path } = bench.bundle(["true"], (spec) => {
    spec.hooks = { createRuntime: [{ path: "/bin/true" }] };
  });
  chmodSync(path, 0o755);
  const somebody = (...args: string[]) => {
    const words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "-C", "/"];
    const child = Bun.spawnSync([...words, bench.binary, "--root", "/nonexistent", ...args]);
    return { code: child.exitCode, stdout: child.stdout.toString(), stderr: child.stderr.toString() };
  };
  const words = somebody("plan", path);
  expect([words.code, words.stderr]).toEqual([0, ""]);
  // Each step has the place in config.json that asks for it.
  for (const place of ["mounts[0]", "linux.maskedPaths[0]", "process.capabilities.bounding", "linux.seccomp"])
    expect(words.stdout).toContain(place);
  const steps = JSON.parse(somebody("plan", "--json", path).stdout) as { op: string; tag: string }[];
  expect(steps).toEqual(JSON.parse((await bench.runc(["plan", "--json", path])).stdout) as typeof steps);
  expect(steps.filter(({ op, tag }) => op === "" || tag === "")).toEqual([]);
  expect(somebody("check", path)).toMatchObject({ code: 0, stderr: "" });
  writeFileSync(
    join(path, "config.json"),
    JSON.stringify({ ociVersion: "9", root: 1, process: { args: [] } }),
  );
  const found = somebody("check", path);
  expect(found.code).toBe(1);
  for (const pointer of ["/ociVersion", "/root", "/process/args", "/process/cwd", "/linux"])
    expect(found.stdout + found.stderr).toContain(`${pointer}: `);
});

test("what lies in a read-only tmpfs and a read-only /dev is made first", async () => {
  const seen = await bench.sh(
    "(ls /ro/below; touch /ro/x /dev/x; ls -l /dev/null | cut -c1) 2>&1",
    (spec) => {
      spec.mounts!.push(
        { destination: "/ro", type: "tmpfs", source: "tmpfs", options: ["ro"] },
        { destination: "/ro/below", type: "bind", source: "/proc/self/attr", options: ["bind"] },
      );
      spec.mounts!.find(({ destination }) => destination === "/dev")!.options!.push("ro");
    },
  );
  expect(seen).toContain("current\n");
  expect(seen).toContain("touch: /ro/x: Read-only file system\ntouch: /dev/x: Read-only file system\n");
  expect(seen).toEndWith("c");
});

test("createContainer hooks start in the root file system", async () => {
  const path = join(bench.folder, "where");
  const args = ["sh", "-c", `pwd -P >${path}; ls bin/busybox >>${path}`];
  await bench.sh("true", (spec) => {
    spec.hooks = { createContainer: [{ path: "/bin/sh", args, env: [`PATH=${process.env["PATH"]}`] }] };
  });
  expect(readFileSync(path, "utf8")).toBe(`${bench.root}\nbin/busybox\n`);
});

test("a cgroup that others are in is told about, a frozen one refused and left alone", async () => {
  const first = await bench.sleeping();
  const share = (spec: Spec) => {
    spec.linux!.cgroupsPath = `${bench.cgroup}/${first}`;
  };
  const second = bench.bundle(["true"], share);
  await bench.runc(["run", "--bundle", second.path, second.id]);
  expect(readFileSync(join(bench.folder, "log"), "utf8")).toContain(
    "container's cgroup is not empty: 1 process(es) found",
  );
  await bench.kill(first);
  const freezer = UNIFIED ? "/sys/fs/cgroup" : "/sys/fs/cgroup/freezer";
  const folder = `${freezer}${bench.cgroup}/frozen`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, UNIFIED ? "cgroup.freeze" : "freezer.state"), UNIFIED ? "1" : "FROZEN");
  const third = bench.bundle(["true"], (spec) => {
    spec.linux!.cgroupsPath = `${bench.cgroup}/frozen`;
  });
  const { code, stderr } = await bench.runc(["run", "--bundle", third.path, third.id]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("container's cgroup unexpectedly frozen")]);
  expect(existsSync(folder)).toBe(true);
  rmdirSync(folder);
});

test("linux.resources.unified is for cgroup v2", async () => {
  const seen = await bench.sh("cat /sys/fs/cgroup/memory.low", (spec) => {
    spec.linux!.resources!.unified = { "memory.low": "131072" };
    if (UNIFIED) spec.linux!.namespaces!.push({ type: "cgroup" });
  });
  if (UNIFIED) expect(seen).toBe("131072");
  else expect(seen).toContain("linux.resources.unified: invalid configuration");
});

test("--debug tells what happens, and --help what there is, as runc does", async () => {
  const { id, path } = bench.bundle(["true"]);
  const log = join(bench.folder, "debug-log");
  await bench.runc(["--log", log, "--debug", "run", "--bundle", path, id]);
  const told = readFileSync(log, "utf8");
  for (const part of ["nsexec container setup", "child process in init()", "closing the pipe"])
    expect(told).toMatch(new RegExp(`level=debug msg="[^"]*${part.replace("()", "\\(\\)")}`));
  expect((await bench.runc(["--help"])).stdout).toStartWith(
    "NAME:\n   docker-runc - Open Container Initiative runtime\n",
  );
  expect((await bench.runc(["kill", "-h"])).stdout).toMatch(/^NAME:\n {3}docker-runc kill - /);
});

test("startContainer hooks run under the seccomp filter", async () => {
  const seen = await bench.sh("true", (spec) => {
    spec.process!.noNewPrivileges = true;
    spec.linux!.seccomp = {
      defaultAction: "SCMP_ACT_ALLOW",
      architectures: ["SCMP_ARCH_X86_64"],
      syscalls: [{ names: ["mkdir"], action: "SCMP_ACT_KILL" }],
    };
    spec.hooks = { startContainer: [{ path: "/bin/busybox", args: ["mkdir", "/dev/shm/x"] }] };
  });
  expect(seen).toContain(
    "error running startContainer hook #0: error running hook: /bin/busybox: signal: bad system",
  );
});

test("seccomp agents: what cannot be asked, and nobody to ask", async () => {
  const filtered = (names: string[]) => (spec: Spec) => {
    spec.linux!.seccomp = {
      defaultAction: "SCMP_ACT_ALLOW",
      listenerPath: join(bench.folder, "nobody"),
      syscalls: [{ names, action: "SCMP_ACT_NOTIFY" }],
    };
  };
  expect(await bench.sh("true", filtered(["mkdir"]))).toContain("failed to connect with seccomp agent");
  expect(await bench.sh("true", filtered(["mkdir", "write"]))).toContain(
    "SCMP_ACT_NOTIFY cannot be used for the write syscall",
  );
});

test("without pivot_root no procfs of the host's stays in reach", async () => {
  const { id, path } = bench.bundle(["sh", "-c", "unshare -Urmpf mount -t proc proc /proc"], (spec) => {
    delete spec.linux!.seccomp;
    for (const set of ["bounding", "permitted", "effective"] as const)
      spec.process!.capabilities![set]!.push("CAP_SYS_ADMIN");
  });
  const { stderr } = await bench.runc(["run", "--no-pivot", "--bundle", path, id]);
  expect(stderr).toContain("mount: permission denied");
});

test("sources that the root of a user namespace cannot reach are bound all the same", async () => {
  const closed = join(bench.folder, "closed");
  const source = join(closed, "open");
  mkdirSync(source, { recursive: true, mode: 0o755 });
  writeFileSync(join(source, "file"), "reached");
  chmodSync(closed, 0o700);
  const mappings = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
  const seen = await bench.sh("cat /m/file", (spec) => {
    spec.linux!.namespaces!.push({ type: "user" });
    spec.linux!.uidMappings = mappings;
    spec.linux!.gidMappings = mappings;
    spec.mounts!.push({ destination: "/m", type: "bind", source, options: ["rbind", "ro"] });
  });
  expect(seen).toBe("reached");
});

test("update takes limits in the order that the kernel wants", async () => {
  if (UNIFIED) return;
  const id = await bench.sleeping();
  const cpu = `/sys/fs/cgroup/cpu${bench.cgroup}`;
  writeFileSync(join(cpu, "cpu.cfs_quota_us"), "50000");
  expect((await bench.runc(["update", "--cpu-quota", "50000", id])).code).toBe(0);
  expect(await bench.runc(["update", "--cpu-period", "10000", "--cpu-quota", "3000", id])).toMatchObject({
    code: 0,
  });
  expect(readFileSync(join(cpu, id, "cpu.cfs_period_us"), "utf8")).toBe("10000\n");
  expect(await bench.runc(["update", "--memory-swap", "900m", "--memory", "100m", id])).toMatchObject({
    code: 0,
  });
  expect(await bench.runc(["update", "--memory", "-1", id])).toMatchObject({ code: 0 });
  await bench.kill(id);
  writeFileSync(join(cpu, "cpu.cfs_quota_us"), "-1");
});

test("ambient capabilities that cannot be are left out with a word", async () => {
  const { id, path } = bench.bundle(["grep", "CapAmb", "/proc/self/status"], (spec) => {
    spec.process!.capabilities!.ambient = ["CAP_KILL"];
    spec.process!.capabilities!.inheritable = [];
  });
  const { stdout, code } = await bench.runc(["run", "--bundle", path, id]);
  expect([code, stdout]).toEqual([0, "CapAmb:\t0000000000000000\n"]);
  expect(readFileSync(join(bench.folder, "log"), "utf8")).toContain(
    "can't raise ambient capability CAP_KILL: ",
  );
});

test("a variable that is given twice has its last value, once; null is not set; a user has group 0", async () => {
  const { id, path, spec } = bench.bundle(["env"], ({ process }) => {
    process!.env = ["A=1", "PATH=/bin", "HOME=/x", "A=2", "HOME="];
    process!.user = { uid: 0 } as never;
  });
  const document = { ...spec, hooks: null, linux: { ...spec.linux, sysctl: null, uidMappings: null } };
  writeFileSync(join(path, "config.json"), JSON.stringify(document));
  expect((await bench.runc(["run", "--bundle", path, id])).stdout).toBe("A=2\nPATH=/bin\nHOME=/root\n");
});

test("exec --env replaces, --cap makes ambient what may be", async () => {
  const id = await bench.sleeping(({ process }) => {
    process!.env!.push("A=1");
    process!.capabilities!.inheritable = ["CAP_KILL"];
    process!.capabilities!.permitted!.push("CAP_KILL");
  });
  const exec = async (...args: string[]) => (await bench.runc(["exec", ...args])).stdout;
  expect(await exec("--env", "A=2", id, "sh", "-c", "echo $A")).toBe("2\n");
  expect(await exec("--cap", "CAP_KILL", id, "grep", "CapAmb", "/proc/self/status")).toBe(
    "CapAmb:\t0000000000000020\n",
  );
  await bench.kill(id);
});

test("--pidfd-socket gets a descriptor of the process", async () => {
  const { id, path } = bench.bundle(["sleep", "1000"]);
  const socketPath = join(bench.folder, "pidfd");
  const listener = listenUnix(socketPath, 0o600);
  await bench.detached(["run", "--detach", "--pidfd-socket", socketPath, "--bundle", path, id]);
  const socket = acceptUnix(listener);
  const { fd } = receivePacket(socket)!;
  const { pid } = JSON.parse((await bench.runc(["state", id])).stdout) as { pid: number };
  expect(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")).toContain(`Pid:\t${pid}\n`);
  for (const open of [fd!, socket, listener]) closeFd(open);
  await bench.kill(id);
});

test("kernel.domainname and domainname must agree", async () => {
  const named = (sysctl: string) => (spec: Spec) => {
    spec.domainname = "here";
    spec.linux!.sysctl = { "kernel.domainname": sysctl };
  };
  expect(await bench.sh("cat /proc/sys/kernel/domainname", named("here"))).toBe("here");
  expect(await bench.sh("true", named("there"))).toContain("conflicts with domainname");
});

test("nothing of docker-runc's stays open in a created container; its processors are the cgroup's", async () => {
  const { id, path } = bench.bundle(["grep", "Cpus_allowed_list", "/proc/self/status"]);
  const confined = ["taskset", "-c", "0", ...bench.command(["create", "--bundle", path, id])];
  const output = Bun.file(join(bench.folder, "confined"));
  const child = Bun.spawn(confined, { stdin: "ignore", stdout: output, stderr: output });
  expect(await child.exited).toBe(0);
  const { pid } = JSON.parse((await bench.runc(["state", id])).stdout) as { pid: number };
  const targets = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  const allowed = new Set(["/dev/null", output.name, "/", "/proc", join(bench.state, id, "exec.fifo")]);
  expect(targets.filter((target) => !allowed.has(target))).toEqual([]);
  await bench.runc(["start", id]);
  while (!(await output.text()).includes("\n")) await Bun.sleep(5);
  const own = /Cpus_allowed_list:\t\S+/.exec(readFileSync("/proc/self/status", "utf8"))![0];
  expect(await output.text()).toBe(`${own}\n`);
  await bench.kill(id);
});

test("a hook's words are told when it fails; without an environment it has its surroundings'", async () => {
  const failing = (kind: "createRuntime" | "startContainer", script: string) =>
    bench.sh("true", (spec) => {
      spec.process!.env!.push("FROM=process");
      spec.hooks = { [kind]: [{ path: "/bin/sh", args: ["sh", "-c", script] }] };
    });
  expect(await failing("startContainer", "echo of $FROM $HOME >&2; exit 3")).toContain(
    "exit status 3: of process /root",
  );
  expect(await failing("createRuntime", "echo $PATH; exit 3")).toContain(process.env["PATH"]!);
});

test("a new network namespace has its loopback up; a log that cannot be written is an error", async () => {
  expect(await bench.sh("cat /sys/class/net/lo/flags")).toBe("0x9");
  const { code, stderr } = await bench.runc(["--log", "/proc/none/log", "list"]);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("unable to open log file: open /proc/none/log"),
  ]);
});

test("without a mount namespace: the mounts are the host's, and go with the container", async () => {
  const change = (spec: Spec) => {
    spec.linux!.namespaces = spec.linux!.namespaces!.filter(({ type }) => type !== "mount");
    delete spec.linux!.maskedPaths;
    delete spec.linux!.readonlyPaths;
  };
  const id = await bench.sleeping(change);
  const state = JSON.parse((await bench.runc(["state", id])).stdout) as { pid: number };
  expect(readlinkSync(`/proc/${state.pid}/ns/mnt`)).toBe(readlinkSync("/proc/self/ns/mnt"));
  expect(readlinkSync(`/proc/${state.pid}/root`)).toBe(bench.root);
  expect(readFileSync("/proc/self/mountinfo", "utf8")).toContain(`${bench.root}/proc `);
  // In the container's root, not in the host's.
  expect((await bench.runc(["exec", id, "ls", "/bin/busybox", "/usr/sbin"])).stdout).toContain(
    "/bin/busybox",
  );
  expect((await bench.runc(["exec", id, "ls", bench.folder])).code).not.toBe(0);
  await bench.kill(id);
  expect(bench.leftovers()).toEqual([]);
  const { id: other, path } = bench.bundle(["true"], change);
  for (const at of ["8", "12", "30"]) {
    const failed = await bench.runc(["run", "--bundle", path, "--inject-failure", at, other]);
    expect(failed.stderr).toContain("failure injected");
    expect(bench.leftovers()).toEqual([]);
  }
  expect(existsSync(join(bench.root, "bin/busybox"))).toBe(true);
  const masked = await bench.sh("true", (spec) => {
    spec.linux!.namespaces = [{ type: "pid" }];
    delete spec.hostname;
  });
  expect(masked).toContain("unable to restrict sys entries without a private MNT namespace");
});

test("exec enters the container's root also when docker-runc is in a chroot that is a mount point", async () => {
  const outer = join(bench.folder, "outer");
  mkdirSync(outer);
  const { id, path } = bench.bundle(["sh", "-c", "touch /tmp/inside; sleep 1000"], ({ process, linux }) => {
    process!.args![2] = "touch /tmp/inside; sleep 1000";
    linux!.personality = { domain: "LINUX32" };
  });
  const state = `${outer}/state`;
  const runc = [bench.binary, "--root", "/state", "--log", "/state-log"].join(" ");
  const script = `set -e
    mount -t tmpfs tmpfs ${outer}
    cd ${outer}; mkdir -p usr proc sys dev tmp etc bundle root
    for name in bin lib lib64 sbin; do ln -s usr/$name $name; done
    for name in usr proc sys dev; do mount --rbind /$name $name; done
    mkdir -p ./${bench.folder} .${BIN}; mount --rbind ${bench.folder} .${bench.folder}; mount --rbind ${BIN} .${BIN}
    chroot . ${runc} run --detach --bundle ${path} ${id} </dev/null >/dev/null 2>&1
    until chroot . ${runc} exec ${id} ls /tmp/inside; do sleep 0.05; done
    chroot . ${runc} exec ${id} sh -c 'ls /bundle 2>&1; uname -m'
    chroot . ${runc} delete --force ${id}`;
  const child = Bun.spawnSync(["timeout", "30", "unshare", "--mount", "sh", "-c", script], {
    stdin: "ignore",
  });
  expect(
    child.stderr
      .toString()
      .split("\n")
      .filter((line) => !line.includes("/tmp/inside")),
  ).toEqual([""]);
  expect(child.stdout.toString()).toBe("/tmp/inside\nls: /bundle: No such file or directory\ni686\n");
  expect(existsSync(state)).toBe(false);
});

test("SIGKILL ends all of a container without a pid namespace; what is masked twice is covered once", async () => {
  const { id, path } = bench.bundle(["sh", "-c", "sleep 1000 & sleep 1000 & wait"], ({ linux }) => {
    linux!.namespaces = linux!.namespaces!.filter(({ type }) => type !== "pid");
    linux!.maskedPaths = ["/home", "/home"];
  });
  mkdirSync(join(bench.root, "home"), { recursive: true });
  expect((await bench.detached(["run", "--detach", "--bundle", path, id])).code).toBe(0);
  const folder = `/sys/fs/cgroup/${UNIFIED ? "" : "pids"}${bench.cgroup}/${id}`;
  const processes = () =>
    readFileSync(join(folder, "cgroup.procs"), "utf8").trim().split("\n").filter(Boolean);
  while (processes().length < 3) await Bun.sleep(5);
  const mounts = readFileSync(`/proc/${processes()[0]}/mountinfo`, "utf8");
  expect(mounts.split("\n").filter((line) => line.split(" ")[4] === "/home")).toHaveLength(1);
  expect((await bench.runc(["kill", id, "KILL"])).code).toBe(0);
  while (processes().length > 0) await Bun.sleep(5);
  await bench.kill(id);
});

test("a created container ends by SIGTERM; its command has no handlers of docker-runc's", async () => {
  const created = bench.bundle(["true"]);
  expect((await bench.detached(["create", "--bundle", created.path, created.id])).code).toBe(0);
  expect((await bench.runc(["kill", created.id, "TERM"])).code).toBe(0);
  const status = async () => (await bench.runc(["state", created.id])).stdout;
  while (!(await status()).includes('"stopped"')) await Bun.sleep(5);
  await bench.kill(created.id);
  expect(
    await bench.sh("grep -E 'Sig(Ign|Cgt)' /proc/1/status", ({ process }) => {
      process!.args = ["grep", "-E", "Sig(Ign|Cgt)", "/proc/1/status"];
    }),
  ).toBe("SigIgn:\t0000000000000000\nSigCgt:\t0000000000000000");
});

test("linux.memoryPolicy is the command's, and that of what exec starts", async () => {
  const change = (spec: Spec) => {
    spec.linux!.memoryPolicy = { mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"] };
  };
  const show = "head -n 1 /proc/self/numa_maps | cut -d ' ' -f 2";
  expect(await bench.sh(show, change)).toBe("bind=static:0");
  const id = await bench.sleeping(change);
  expect((await bench.runc(["exec", id, "sh", "-c", show])).stdout.trim()).toBe("bind=static:0");
  await bench.kill(id);
  const nowhere = await bench.sh(show, (spec) => {
    spec.linux!.memoryPolicy = { mode: "MPOL_BIND", nodes: "900" };
  });
  expect(nowhere).toContain("linux.memoryPolicy: set memory policy");
});

test("linux.netDevices: a device of the host is the container's, with its addresses, and goes up", async () => {
  const ip = (...args: string[]) => {
    const { exitCode, stderr } = Bun.spawnSync(["ip", ...args]);
    expect({ args, exitCode, stderr: stderr.toString() }).toEqual({ args, exitCode: 0, stderr: "" });
  };
  const veth = () => {
    ip("link", "add", "rdev0", "type", "veth", "peer", "name", "rdev1");
    ip("link", "set", "rdev0", "address", "02:00:00:00:00:17", "mtu", "1400", "up");
    ip("addr", "add", "10.99.0.1/24", "dev", "rdev0");
    ip("addr", "add", "10.99.1.1/24", "scope", "link", "dev", "rdev0");
    ip("addr", "add", "2001:db8::17/64", "nodad", "dev", "rdev0");
  };
  const move = (name?: string) => (spec: Spec) => {
    spec.linux!.netDevices = { rdev0: name === undefined ? {} : { name } };
  };
  const show =
    "cat /sys/class/net/e0/address /sys/class/net/e0/mtu; cat /sys/class/net/e0/flags; ip addr show e0";
  veth();
  const seen = await bench.sh(show, move("e0"));
  expect(seen).toStartWith("02:00:00:00:00:17\n1400\n0x1003\n");
  expect(seen).toContain("inet 10.99.0.1/24");
  expect(seen).toContain("inet6 2001:db8::17/64");
  expect(seen).not.toContain("10.99.1.1");
  // A pair goes with the namespace; one that is not there stops the container, and so does a name that is taken.
  expect(existsSync("/sys/class/net/rdev0")).toBe(false);
  expect(await bench.sh("true", move())).toContain(
    "linux.netDevices: move rdev0 into the container: there is no such",
  );
  ip("link", "add", "rdev2", "type", "veth", "peer", "name", "rdev3");
  try {
    const taken = await bench.sh("true", (spec) => {
      spec.linux!.netDevices = { rdev2: { name: "lo" } };
    });
    expect(taken).toContain("linux.netDevices: move rdev2 into the container: the container has a device lo");
  } finally {
    ip("link", "del", "rdev3");
  }
});

test("limits hold for the command only, not for what docker-runc does before", async () => {
  const source = join(bench.folder, "many");
  mkdirSync(source);
  writeFileSync(join(source, "file"), "x");
  chownSync(join(source, "file"), 7, 7);
  const mapping = [{ containerID: 0, hostID: 100000, size: 65536 }];
  const many = Array.from({ length: 24 }, (_, i) => ({
    ...{ destination: `/tmp/many${i}`, type: "bind", source, options: ["bind"] },
    ...{ uidMappings: mapping, gidMappings: mapping },
  }));
  const limits = (hard: number) => (spec: Spec) => {
    spec.linux!.namespaces!.push({ type: "user" });
    spec.linux!.uidMappings = spec.linux!.gidMappings = mapping;
    spec.process!.rlimits = [{ type: "RLIMIT_NOFILE", soft: 20, hard }];
    spec.mounts!.push(...many);
  };
  expect(await bench.sh("stat -c %u /tmp/many23/file; ulimit -Sn; ulimit -Hn", limits(20))).toBe("7\n20\n20");
  expect(await bench.sh("ulimit -Hn", limits(1000))).toBe("1000");
});
