/** docker-runc against the OCI runtime specification: what a container gets of what config.json says. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { closeFd } from "../src/linux/fd.ts";
import { listenUnix } from "../src/linux/unix-socket.ts";
import type { Spec } from "../src/oci/runtime-spec.ts";
import { OPS } from "../src/runtime/plan/ops.ts";
import { eventually } from "./lib/engine.ts";
import { RuntimeBench } from "./lib/runtime.ts";

/** Whether cgroup v2 is all there is, as in the virtual machine of `make test-vm`. */
const UNIFIED = existsSync("/sys/fs/cgroup/cgroup.controllers");

let bench: RuntimeBench;
beforeAll(() => {
  bench = new RuntimeBench();
});
afterAll(() => bench.close());

/** On v2 a container sees its own cgroup as the root only in a cgroup namespace, which Docker gives it there. */
const ownCgroup = (spec: Spec) => {
  if (UNIFIED) spec.linux!.namespaces!.push({ type: "cgroup" });
};

describe("namespaces", () => {
  afterEach(() => expect(bench.leftovers()).toEqual([]));

  test("new ones are the container's own, others the host's", async () => {
    for (const [type, file] of [
      ["pid", "pid"],
      ["network", "net"],
      ["ipc", "ipc"],
      ["uts", "uts"],
      ["cgroup", "cgroup"],
      ["time", "time"],
    ] as const) {
      const here = readlinkSync(`/proc/self/ns/${file}`);
      const without = await bench.sh(`readlink /proc/self/ns/${file}`, (spec) => {
        delete spec.hostname;
        spec.linux!.namespaces = [{ type: "mount" }];
      });
      expect(without).toBe(here);
      const own = await bench.sh(`readlink /proc/self/ns/${file}`, (spec) => {
        delete spec.hostname;
        spec.linux!.namespaces = [{ type: "mount" }, { type }];
      });
      expect(own).toMatch(new RegExp(`^${file}:`));
      expect(own).not.toBe(here);
    }
  });
  test("joins those given by path", async () => {
    const id = await bench.sleeping();
    const { pid } = JSON.parse((await bench.runc(["state", id])).stdout) as { pid: number };
    const seen = await bench.sh(
      "hostname; readlink /proc/self/ns/net; ps | grep -c 'sleep 100[0]'",
      (spec) => {
        delete spec.hostname;
        spec.linux!.namespaces = [
          { type: "mount" },
          { type: "network", path: `/proc/${pid}/ns/net` },
          { type: "uts", path: `/proc/${pid}/ns/uts` },
          { type: "pid", path: `/proc/${pid}/ns/pid` },
        ];
      },
    );
    expect(seen).toBe(`box\n${readlinkSync(`/proc/${pid}/ns/net`)}\n1`);
    await bench.kill(id);
  });
  test("refuses a namespace path of another type", async () => {
    const seen = await bench.sh("true", (spec) => {
      spec.linux!.namespaces!.find((n) => n.type === "network")!.path = "/proc/self/ns/uts";
    });
    expect(seen).toContain("linux.namespaces[1]: join namespace /proc/self/ns/uts");
  });
  test("offsets the clocks of a time namespace", async () => {
    const uptime = await bench.sh("cut -d. -f1 /proc/uptime", (spec) => {
      spec.linux!.namespaces!.push({ type: "time" });
      spec.linux!.timeOffsets = { boottime: { secs: 1_000_000 }, monotonic: { secs: 500_000 } };
    });
    expect(Number(uptime)).toBeGreaterThan(1_000_000);
  });
  test("maps users in a user namespace", async () => {
    const seen = await bench.sh(
      "id -u; cat /proc/self/uid_map; touch /dev/null && ls -l /dev/null",
      (spec) => {
        // The root of the namespace is on its way through it.
        chmodSync(bench.folder, 0o755);
        spec.linux!.namespaces!.push({ type: "user" });
        spec.linux!.uidMappings = [{ containerID: 0, hostID: 0, size: 70_000 }];
        spec.linux!.gidMappings = [{ containerID: 0, hostID: 0, size: 70_000 }];
      },
    );
    expect(seen.split("\n")[0]).toBe("0");
    expect(seen).toMatch(/0 +0 +70000/);
    expect(seen).toContain("1,   3");
  });
});

describe("file systems", () => {
  afterEach(() => expect(bench.leftovers()).toEqual([]));

  const bind = (source: string, destination: string, ...options: string[]) => ({
    destination,
    type: "bind",
    source,
    options: ["rbind", ...options],
  });

  test("mounts with their options", async () => {
    const source = join(bench.folder, "shared");
    mkdirSync(join(source, "sub"), { recursive: true });
    writeFileSync(join(source, "file"), "content");
    const seen = await bench.sh(
      "cat /a/file; touch /a/new 2>&1; stat -c %a /t; grep ' /t ' /proc/mounts; grep ' /a ' /proc/mounts; cat /f",
      (spec) =>
        spec.mounts!.push(
          bind(source, "/a", "ro", "noexec"),
          {
            destination: "/t",
            type: "tmpfs",
            source: "tmpfs",
            options: ["nosuid", "noatime", "size=64k", "mode=700"],
          },
          bind(join(source, "file"), "/f"),
        ),
    );
    expect(seen).toContain("content");
    expect(seen).toContain("Read-only file system");
    expect(seen).toContain("700");
    expect(seen).toMatch(/tmpfs \/t tmpfs rw,nosuid,noatime,size=64k,mode=700/);
    expect(seen).toMatch(/ \/a ext4 ro,noexec|\/a \S+ ro,noexec/);
    expect(seen).toEndWith("content");
    expect(lstatSync(join(bench.root, "a")).isDirectory()).toBe(true);
    expect(lstatSync(join(bench.root, "f")).isFile()).toBe(true);
  });
  test("rro reaches what is mounted below, ro does not", async () => {
    const source = join(bench.folder, "tree");
    mkdirSync(join(source, "below"), { recursive: true });
    Bun.spawnSync(["mount", "-t", "tmpfs", "tmpfs", join(source, "below")]);
    try {
      expect(
        await bench.sh("touch /x/below/f && echo written", (s) => s.mounts!.push(bind(source, "/x", "ro"))),
      ).toBe("written");
      expect(await bench.sh("touch /x/below/f", (s) => s.mounts!.push(bind(source, "/x", "rro")))).toContain(
        "Read-only",
      );
    } finally {
      Bun.spawnSync(["umount", join(source, "below")]);
    }
  });
  test("tmpcopyup keeps what a tmpfs covers", async () => {
    const seen = await bench.sh(
      "cat /etc/passwd | head -1; stat -c %a /etc; touch /etc/new && ls /etc/new",
      (spec) =>
        spec.mounts!.push({ destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"] }),
    );
    expect(seen).toBe("root:x:0:0:root:/root:/bin/sh\n755\n/etc/new");
    expect(existsSync(join(bench.root, "etc/new"))).toBe(false);
  });
  test("masked and read-only paths", async () => {
    const seen = await bench.sh(
      "ls /proc/acpi | wc -l; wc -c < /proc/timer_list; echo 1 2>&1 > /proc/sys/kernel/panic; ls -A /hidden | wc -l; touch /ro/f 2>&1",
      (spec) => {
        mkdirSync(join(bench.root, "hidden/x"), { recursive: true });
        mkdirSync(join(bench.root, "ro"), { recursive: true });
        spec.linux!.maskedPaths!.push("/hidden", "/not/there");
        spec.linux!.readonlyPaths!.push("/ro");
      },
    );
    expect(seen).toStartWith("exit 1: 0\n0\n");
    expect(seen.match(/Read-only file system/g)!.length).toBe(2);
  });
  test("a read-only root", async () => {
    const seen = await bench.sh("touch /x 2>&1; touch /dev/shm/x && echo shm", (spec) => {
      spec.root!.readonly = true;
    });
    expect(seen).toBe("touch: /x: Read-only file system\nshm");
  });
  test("root propagation: mounts on the host reach a slave container, not a private one", async () => {
    const source = join(bench.folder, "propagated");
    mkdirSync(join(source, "later"), { recursive: true });
    Bun.spawnSync(["mount", "-t", "tmpfs", "tmpfs", source]);
    Bun.spawnSync(["mount", "--make-shared", source]);
    mkdirSync(join(source, "later"));
    try {
      for (const [word, expected] of [
        ["rslave", "1"],
        ["rprivate", "0"],
      ] as const) {
        const id = await bench.sleeping((spec) => spec.mounts!.push(bind(source, "/p", word)));
        Bun.spawnSync(["mount", "-t", "tmpfs", "tmpfs", join(source, "later")]);
        const { stdout } = await bench.runc(["exec", id, "sh", "-c", "grep -c /p/later /proc/mounts"]);
        expect(stdout.trim()).toBe(expected);
        Bun.spawnSync(["umount", join(source, "later")]);
        await bench.kill(id);
      }
    } finally {
      Bun.spawnSync(["umount", "-R", source]);
    }
  });
  test("the cgroup mount shows the container's own cgroup", async () => {
    const own = (spec: Spec) => spec.linux!.namespaces!.push({ type: "cgroup" });
    const v1 = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes; cat /sys/fs/cgroup/pids/cgroup.procs";
    const v2 = "cat /sys/fs/cgroup/memory.max; cat /sys/fs/cgroup/cgroup.procs";
    const inHost = "cd /sys/fs/cgroup$(cut -d: -f3 /proc/self/cgroup) && cat memory.max cgroup.procs";
    expect(await bench.sh(UNIFIED ? v2 : v1, own)).toBe("268435456\n1");
    expect(await bench.sh(UNIFIED ? inHost : v1)).toBe("268435456\n1");
  });
  test("devices of config.json, standard ones and links", async () => {
    const seen = await bench.sh(
      "stat -c '%n %F %t:%T %a %u:%g' /dev/zero /dev/extra /dev/pipe; readlink /dev/fd; readlink /dev/ptmx",
      (spec) => {
        spec.linux!.devices = [
          { path: "/dev/extra", type: "c", major: 1, minor: 7, fileMode: 0o640, uid: 3, gid: 4 },
          { path: "/dev/pipe", type: "p", fileMode: 0o600 },
        ];
      },
    );
    expect(seen).toBe(
      "/dev/zero character special file 1:5 666 0:0\n/dev/extra character special file 1:7 640 3:4\n/dev/pipe fifo 0:0 600 0:0\n/proc/self/fd\npts/ptmx",
    );
  });
  test("a working folder that is not there is made", async () => {
    expect(await bench.sh("pwd", (spec) => (spec.process!.cwd = "/made/up"))).toBe("/made/up");
  });
});

describe("limits and rights", () => {
  afterEach(() => expect(bench.leftovers()).toEqual([]));

  const status = (field: string) => `sed -n 's/^${field}:[[:space:]]*//p' /proc/self/status`;

  test("cgroup limits", async () => {
    const files = UNIFIED
      ? "memory.swap.max memory.low cpu.weight cpu.max cpuset.cpus pids.max"
      : "memory/memory.memsw.limit_in_bytes memory/memory.soft_limit_in_bytes cpu/cpu.shares cpu/cpu.cfs_quota_us cpuset/cpuset.cpus pids/pids.max";
    const seen = await bench.sh(`cd /sys/fs/cgroup; cat ${files}`, (spec) => {
      const { resources } = spec.linux!;
      resources!.memory!.reservation = 134217728;
      resources!.cpu = { shares: 512, quota: 50_000, period: 100_000, cpus: "0" };
      ownCgroup(spec);
    });
    // v2 counts swap alone, and weighs 2..262144 shares as 1..10000.
    const expected = UNIFIED
      ? "268435456\n134217728\n20\n50000 100000\n0\n200"
      : "536870912\n134217728\n512\n50000\n0\n200";
    expect(seen).toBe(expected);
  });
  test("the device cgroup refuses what is not allowed", async () => {
    const seen = await bench.sh(
      "mknod /tmp/kmsg c 1 11; cat /tmp/kmsg 2>&1 | head -1; rm -f /tmp/kmsg; head -c 1 /dev/zero | wc -c",
    );
    expect(seen).toContain("Operation not permitted");
    expect(seen).toEndWith("1");
  });
  test("rlimits, oom score, umask, groups, user", async () => {
    const seen = await bench.sh(
      `ulimit -n; ulimit -Hc; cat /proc/self/oom_score_adj; umask; ${status("Groups")}; id -u; id -g; echo $HOME`,
      ({ process }) => {
        process!.rlimits = [
          { type: "RLIMIT_NOFILE", soft: 100, hard: 200 },
          { type: "RLIMIT_CORE", soft: 0, hard: 0 },
        ];
        process!.oomScoreAdj = 100;
        process!.user = { uid: 1, gid: 2, umask: 0o77, additionalGids: [5, 6] };
      },
    );
    expect(seen).toBe("100\n0\n100\n0077\n5 6 \n1\n2\n/usr/sbin");
  });
  test("capabilities: all five sets", async () => {
    const seen = await bench.sh(
      ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map(status).join("; "),
      ({ process }) => {
        process!.capabilities = {
          bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"],
          permitted: ["CAP_CHOWN", "CAP_KILL"],
          effective: ["CAP_CHOWN"],
          inheritable: ["CAP_KILL"],
          ambient: ["CAP_KILL"],
        };
        process!.user.uid = 1000;
      },
    );
    expect(seen.split("\n").map((mask) => Number.parseInt(mask, 16))).toEqual([0x20, 0x20, 0x20, 0xa1, 0x20]);
  });
  test("no_new_privs and seccomp", async () => {
    const seen = await bench.sh(
      `${status("NoNewPrivs")}; ${status("Seccomp")}; mkdir /tmp/q 2>&1; cat /etc/group | head -1`,
      (spec) => {
        spec.process!.noNewPrivileges = true;
        spec.linux!.seccomp = {
          defaultAction: "SCMP_ACT_ALLOW",
          syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28 }],
        };
      },
    );
    expect(seen).toBe("1\n2\nmkdir: can't create directory '/tmp/q': No space left on device\nroot:x:0:");
  });
  test("seccomp looks at arguments, and kills", async () => {
    const kill = await bench.sh("sh -c 'umask 077' ; sync; echo after", (spec) => {
      spec.linux!.seccomp = {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{ names: ["sync"], action: "SCMP_ACT_KILL_PROCESS" }],
      };
    });
    expect(kill).toContain("after");
    const nice = await bench.sh("kill -0 1 && echo yes; kill -10 $$ 2>&1", (spec) => {
      spec.linux!.seccomp = {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [
          { names: ["kill"], action: "SCMP_ACT_ERRNO", args: [{ index: 1, value: 10, op: "SCMP_CMP_EQ" }] },
        ],
      };
    });
    expect(nice).toContain("yes");
    expect(nice).toContain("Operation not permitted");
  });
  test("sysctls of the container's namespaces, and only those", async () => {
    const seen = await bench.sh("cat /proc/sys/kernel/shmmax /proc/sys/net/ipv4/ip_forward", (spec) => {
      spec.linux!.sysctl = { "kernel.shmmax": "12345678", "net.ipv4.ip_forward": "1" };
    });
    expect(seen).toBe("12345678\n1");
    const refused = await bench.sh("true", (spec) => {
      spec.linux!.sysctl = { "kernel.panic": "1" };
    });
    expect(refused).toContain('sysctl "kernel.panic" is not in a separate kernel namespace');
  });
  test("personality, scheduler and I/O priority", async () => {
    const seen = await bench.sh("uname -m; ionice; cut -d' ' -f19 /proc/self/stat", (spec) => {
      spec.linux!.personality = { domain: "LINUX32" };
      spec.process!.scheduler = { policy: "SCHED_BATCH", nice: 7 };
      spec.process!.ioPriority = { class: "IOPRIO_CLASS_IDLE", priority: 0 };
    });
    expect(seen).toBe(`${process.arch === "x64" ? "i686" : "armv8l"}\nidle\n7`);
  });
  test.each([
    ["SCHED_FIFO", 1, []],
    ["SCHED_RR", 2, ["SCHED_FLAG_RESET_ON_FORK"]],
  ] as const)("%s: a real-time policy, where the cgroup has real-time", async (policy, number, flags) => {
    const files = ["/sys/fs/cgroup/cpu/cpu.rt_runtime_us", "/sys/fs/cgroup/cpu,cpuacct/cpu.rt_runtime_us"];
    const byCgroup = files.some((file) => existsSync(file));
    const realtime = (spec: Spec) => {
      spec.process!.scheduler = { policy, priority: 10, flags: [...flags] };
      // The cgroup above must have real-time too, which only the root has.
      spec.linux!.cgroupsPath = `${bench.cgroup}-rt`;
    };
    // The fields after the name, from the third on: the policy is the 41st.
    const look = `set -- $(sed 's/.*) //' /proc/$$/stat); shift 37; echo $2`;
    const seen = await bench.sh(look, (spec) => {
      realtime(spec);
      if (byCgroup)
        Object.assign(spec.linux!.resources!.cpu!, { realtimePeriod: 1_000_000, realtimeRuntime: 10_000 });
    });
    expect(seen).toBe(String(number));
    if (byCgroup) expect(await bench.sh("true", realtime)).toContain("linux.resources.cpu.realtimeRuntime");
  });
});

describe("life of a container", () => {
  test("create, start, state, kill, delete", async () => {
    const { id, path } = bench.bundle(
      ["sh", "-c", "trap 'exit 3' TERM; echo up > /tmp/up; sleep 1000 & wait"],
      (spec) => {
        spec.annotations = { "org.example": "yes" };
      },
    );
    const pidFile = join(path, "pid");
    expect((await bench.detached(["create", "--bundle", path, "--pid-file", pidFile, id])).code).toBe(0);
    const created = JSON.parse((await bench.runc(["state", id])).stdout) as Record<string, unknown>;
    expect(created).toMatchObject({
      id,
      status: "created",
      bundle: path,
      annotations: { "org.example": "yes" },
    });
    expect(String(created["pid"])).toBe(readFileSync(pidFile, "utf8"));
    expect((await bench.detached(["create", "--bundle", path, id])).stderr).toContain(
      "container with given ID already exists",
    );
    expect((await bench.runc(["start", id])).code).toBe(0);
    expect((await bench.runc(["start", id])).stderr).toContain("cannot start an already running container");
    expect((await bench.runc(["delete", id])).stderr).toContain(
      `cannot delete container ${id} that is not stopped: running`,
    );
    expect((await bench.runc(["list", "-q"])).stdout).toBe(`${id}\n`);
    expect((await bench.runc(["kill", id, "KILL"])).code).toBe(0);
    expect((await bench.runc(["delete", "--force", id])).code).toBe(0);
    expect((await bench.runc(["state", id])).stderr).toContain("container does not exist");
    expect(bench.leftovers()).toEqual([]);
  });
  test("run gives the exit code, 128 + signal for a killed one", async () => {
    const run = async (script: string) => {
      const { id, path } = bench.bundle(["sh", "-c", script]);
      return (await bench.runc(["run", "--bundle", path, id])).code;
    };
    expect(await run("exit 7")).toBe(7);
    expect(await run("sleep 100 & kill -9 $!; wait $!; exit $?")).toBe(137);
    expect(bench.leftovers()).toEqual([]);
  });
  test("a command that is not there leaves nothing", async () => {
    const { id, path } = bench.bundle(["nonesuch"]);
    const { code, stderr } = await bench.runc(["run", "--bundle", path, id]);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'runc run failed: unable to start container process: exec: "nonesuch": executable file not found in $PATH',
    );
    expect(bench.leftovers()).toEqual([]);
  });
  test("a memory limit that is too low is named as the reason", async () => {
    const { id, path } = bench.bundle(["true"], (spec) => {
      spec.linux!.resources!.memory = { limit: 4096 };
    });
    const { code, stderr } = await bench.runc(["run", "--bundle", path, id]);
    expect(code).toBe(1);
    expect(stderr).toContain("container init was OOM-killed (memory limit too low?)");
    expect(bench.leftovers()).toEqual([]);
  });
  test("a created container whose command cannot be executed says so on its stderr", async () => {
    writeFileSync(join(bench.root, "noformat"), "echo hi\n");
    chmodSync(join(bench.root, "noformat"), 0o755);
    const { id, path } = bench.bundle(["/noformat"]);
    const output = join(path, "output");
    const created = Bun.spawn(bench.command(["create", "--bundle", path, id]), {
      stdin: "ignore",
      stdout: Bun.file(output),
      stderr: Bun.file(output),
    });
    expect(await created.exited).toBe(0);
    await bench.runc(["start", id]);
    await eventually(
      "the container has stopped",
      async () => (await bench.runc(["state", id])).stdout,
      (state) => state.includes('"stopped"'),
    );
    expect(readFileSync(output, "utf8")).toBe("exec /noformat: exec format error\n");
    await bench.kill(id);
  });
  test("signals go on to the container", async () => {
    const { id, path } = bench.bundle([
      "sh",
      "-c",
      "trap 'exit 9' USR1; echo ready; while :; do sleep 0.05; done",
    ]);
    const child = Bun.spawn(bench.command(["run", "--bundle", path, id]), {
      stdout: "pipe",
    });
    const reader = child.stdout.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("ready\n");
    child.kill("SIGUSR1");
    expect(await child.exited).toBe(9);
    expect(bench.leftovers()).toEqual([]);
  });
  test("pause and resume", async () => {
    const id = await bench.sleeping();
    expect((await bench.runc(["pause", id])).code).toBe(0);
    expect(JSON.parse((await bench.runc(["state", id])).stdout)).toMatchObject({ status: "paused" });
    expect((await bench.runc(["exec", id, "true"])).stderr).toContain("cannot exec in a paused container");
    expect((await bench.runc(["resume", id])).code).toBe(0);
    expect((await bench.runc(["resume", id])).stderr).toContain("container not paused");
    expect((await bench.runc(["pause", id])).code).toBe(0);
    await bench.kill(id);
    expect(bench.leftovers()).toEqual([]);
  });
  test("update changes limits and keeps the rest", async () => {
    const id = await bench.sleeping(ownCgroup);
    expect((await bench.runc(["update", "--memory", "200m", "--pids-limit", "55", id])).code).toBe(0);
    const resources = JSON.stringify({ cpu: { shares: 300 } });
    expect((await bench.runc(["update", "--resources", "-", id], { stdin: resources })).code).toBe(0);
    const { stdout } = await bench.runc([
      "exec",
      id,
      "sh",
      "-c",
      UNIFIED
        ? "cd /sys/fs/cgroup; cat memory.max pids.max cpu.weight"
        : "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.shares",
    ]);
    expect(stdout).toBe(UNIFIED ? "209715200\n55\n12\n" : "209715200\n55\n300\n");
    // The unified hierarchy takes any limit, and kills for it.
    if (!UNIFIED)
      expect((await bench.runc(["update", "--memory", "4k", id])).stderr).toMatch(
        /unable to set memory limit to 4096 \(current usage: \d+, peak usage: \d+\)/,
      );
    await bench.kill(id);
  });
  test("events and ps", async () => {
    const id = await bench.sleeping();
    const stats = JSON.parse((await bench.runc(["events", "--stats", id])).stdout) as {
      type: string;
      data: { memory: { usage: { limit: number } }; pids: { current: number } };
    };
    expect(stats.type).toBe("stats");
    expect(stats.data.memory.usage.limit).toBe(268435456);
    expect(stats.data.pids.current).toBe(1);
    expect(JSON.parse((await bench.runc(["ps", "--format", "json", id])).stdout)).toHaveLength(1);
    expect((await bench.runc(["ps", id, "-o", "pid,args"])).stdout).toMatch(
      /PID COMMAND\n *\d+ sleep 1000\n$/,
    );
    await bench.kill(id);
  });
  test("a terminal", async () => {
    const { id, path } = bench.bundle(
      ["sh", "-c", "tty; stty size; test -t 0 && test -t 1 && echo terminal"],
      (spec) => {
        spec.process!.terminal = true;
        spec.process!.consoleSize = { height: 12, width: 34 };
      },
    );
    const { stdout, code } = await bench.runc(["run", "--bundle", path, id]);
    expect(code).toBe(0);
    expect(stdout).toBe("/dev/pts/0\n12 34\nterminal\n");
    const detached = await bench.detached(["create", "--bundle", path, id]);
    expect(detached.stderr).toContain(
      "cannot allocate tty if runc will detach without setting console socket",
    );
    expect(bench.leftovers()).toEqual([]);
  });
  test("hooks, in their order, with the state on stdin, in the right namespaces", async () => {
    const note = join(bench.folder, "note");
    const hook = join(bench.folder, "hook.sh");
    writeFileSync(
      hook,
      `#!/bin/sh\nread state\necho "$1 $(echo "$state" | sed 's/.*"status":"\\([a-z]*\\)".*/\\1/') $(readlink /proc/self/ns/uts)" >> ${note}\n`,
    );
    chmodSync(hook, 0o755);
    const of = (kind: string) => [{ path: hook, args: [hook, kind] }];
    const { id, path } = bench.bundle(["sh", "-c", "echo hi"], (spec) => {
      spec.hooks = {
        prestart: of("prestart"),
        createRuntime: of("createRuntime"),
        createContainer: of("createContainer"),
        poststart: of("poststart"),
        poststop: of("poststop"),
      };
    });
    expect((await bench.runc(["run", "--bundle", path, id])).stdout).toBe("hi\n");
    const here = readlinkSync("/proc/self/ns/uts");
    const lines = readFileSync(note, "utf8").trim().split("\n");
    const own = lines[2]!.split(" ")[2]!;
    expect(own).not.toBe(here);
    expect(lines).toEqual([
      `prestart creating ${here}`,
      `createRuntime creating ${here}`,
      `createContainer creating ${own}`,
      `poststart running ${here}`,
      `poststop stopped ${here}`,
    ]);
  });
  test("a hook that fails, or takes too long, undoes the container", async () => {
    const failing = async (
      kind: "createRuntime" | "createContainer" | "startContainer",
      hook: string,
      args: string[],
      timeout?: number,
    ) => {
      const { id, path } = bench.bundle(["true"], (spec) => {
        spec.hooks = { [kind]: [{ path: hook, args, ...(timeout ? { timeout } : {}) }] };
      });
      const result = await bench.runc(["run", "--bundle", path, id]);
      expect(result.code).toBe(1);
      expect(bench.leftovers()).toEqual([]);
      return result.stderr;
    };
    expect(await failing("createRuntime", "/bin/false", ["false"])).toContain(
      "error running createRuntime hook #0: error running hook: /bin/false: exit status 1",
    );
    expect(await failing("createContainer", "/bin/sh", ["sh", "-c", "exit 3"])).toContain(
      "error running hook: /bin/sh: exit status 3",
    );
    expect(await failing("startContainer", "/bin/false", ["false"])).toContain(
      "error running startContainer hook #0: error running hook: /bin/false: exit status 1",
    );
    expect(await failing("createRuntime", "/bin/sleep", ["sleep", "100"], 1)).toContain(
      "hook ran longer than 1 s",
    );
  });
});

describe("exec", () => {
  let id: string;
  beforeAll(async () => {
    id = await bench.sleeping();
  });
  afterAll(() => bench.kill(id));

  test("runs in the container with flags and exit code", async () => {
    const { stdout, code } = await bench.runc([
      "exec",
      "--cwd",
      "/tmp",
      "--env",
      "A=b",
      "--user",
      "1:2",
      "-g",
      "7",
      id,
      "sh",
      "-c",
      "pwd; echo $A; id; hostname; exit 5",
    ]);
    expect(code).toBe(5);
    expect(stdout).toBe(
      "/tmp\nb\nuid=1(daemon) gid=2 groups=0(root),7,10\nbox\n".replace(
        "groups=0(root),7,10",
        stdout.match(/groups=\S+/)![0],
      ),
    );
    expect(stdout).toContain("groups=");
  });
  test("has the container's limits, cgroup and seccomp", async () => {
    const { stdout } = await bench.runc([
      "exec",
      id,
      "sh",
      "-c",
      "cat /proc/self/cgroup | sort; grep Seccomp: /proc/self/status; ulimit -n",
    ]);
    const init = await bench.runc([
      "exec",
      id,
      "sh",
      "-c",
      "cat /proc/1/cgroup | sort; grep Seccomp: /proc/1/status; ulimit -n",
    ]);
    expect(stdout).toBe(init.stdout);
    expect(stdout).toContain(`${UNIFIED ? "0::" : "pids:"}${bench.cgroup}/${id}`);
  });
  test("by a process document, detached, with a pid file", async () => {
    const file = join(bench.folder, "process.json");
    const pidFile = join(bench.folder, "exec.pid");
    writeFileSync(
      file,
      JSON.stringify({ args: ["sleep", "500"], cwd: "/", env: ["PATH=/bin"], user: { uid: 0, gid: 0 } }),
    );
    expect(
      (await bench.detached(["exec", "--process", file, "--detach", "--pid-file", pidFile, id])).code,
    ).toBe(0);
    const pid = readFileSync(pidFile, "utf8");
    expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toBe("sleep\x00500\x00");
    process.kill(Number(pid), "SIGKILL");
  });
  test("with a terminal", async () => {
    const { stdout } = await bench.runc(["exec", "--tty", id, "sh", "-c", "tty; test -t 1 && echo yes"]);
    expect(stdout).toBe("/dev/pts/0\nyes\n");
  });
  test("says what it cannot run, with exit code 255", async () => {
    const fails = async (...args: string[]) => {
      const { code, stderr } = await bench.runc(["exec", ...args]);
      expect(code).toBe(255);
      return stderr;
    };
    expect(await fails(id, "nonesuch")).toContain(
      'exec failed: unable to start container process: exec: "nonesuch": executable file not found in $PATH',
    );
    expect(await fails(id, "/etc/passwd")).toContain('exec: "/etc/passwd": permission denied');
    expect(await fails("--cwd", "/nope", id, "true")).toContain(
      'chdir to cwd ("/nope") set in config.json failed: no such file or directory',
    );
    expect(await fails("nocontainer", "true")).toContain("container does not exist");
    expect(await fails(id)).toContain("process args cannot be empty");
  });
  test("fails at each operation of its plan without leaving a process", async () => {
    const before = (await bench.runc(["ps", "--format", "json", id])).stdout;
    for (let i = 0; ; i++) {
      const { stderr, code } = await bench.runc(["exec", "--inject-failure", String(i), id, "true"]);
      if (code === 0) {
        expect(i).toBeGreaterThan(15);
        break;
      }
      expect(stderr).toMatch(
        /exec failed: unable to start container process: .*: failure injected: Input\/output error|failure injected: .*EIO/i,
      );
    }
    expect((await bench.runc(["ps", "--format", "json", id])).stdout).toBe(before);
  });
});

describe("failures", () => {
  const gone = () =>
    eventually(
      "no process left",
      () => bench.processes(),
      (all) => all.length === 0,
      30,
    );
  const NODE = "opt/nodes/zero";
  const hook = { path: "/bin/true", args: ["true"] };
  /** Containers whose plans together have nearly every operation. */
  const kinds: Record<string, (spec: Spec) => void> = {
    "as Docker makes it": () => {},
    "with nearly everything": (spec) => {
      const linux = spec.linux!;
      const mapping = [{ containerID: 0, hostID: 5000, size: 10 }];
      spec.root!.readonly = true;
      spec.domainname = "example";
      spec.process!.terminal = true;
      spec.process!.noNewPrivileges = true;
      spec.process!.scheduler = { policy: "SCHED_BATCH" };
      spec.process!.ioPriority = { class: "IOPRIO_CLASS_IDLE", priority: 0 };
      spec.hooks = { createRuntime: [hook], createContainer: [hook], startContainer: [hook] };
      linux.personality = { domain: "LINUX32" };
      linux.memoryPolicy = { mode: "MPOL_BIND", nodes: "0" };
      linux.sysctl = { "net.ipv4.ip_forward": "1" };
      linux.timeOffsets = { boottime: { secs: 100 } };
      linux.namespaces!.push({ type: "cgroup" }, { type: "time" });
      linux.devices = [{ path: `/${NODE}`, type: "c", major: 1, minor: 5 }];
      const bind = { type: "bind", source: bench.folder, options: ["rbind", "rro"] };
      spec.mounts!.push(
        { ...bind, destination: "/mnt/bound" },
        {
          ...bind,
          destination: "/mnt/mapped",
          uidMappings: mapping,
          gidMappings: mapping,
          options: ["bind"],
        },
        { destination: "/etc", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "ro"] },
      );
    },
    "in a user namespace": (spec) => {
      const mapping = [{ containerID: 0, hostID: 0, size: 70_000 }];
      spec.linux!.namespaces!.push({ type: "user" });
      Object.assign(spec.linux!, { uidMappings: mapping, gidMappings: mapping });
      spec.mounts!.push({ destination: "/mnt", type: "bind", source: "/etc", options: ["bind", "ro"] });
    },
  };
  /** The virtual machine is slow, and these plans are the same there. */
  const tried = Object.keys(kinds).slice(0, UNIFIED ? 1 : undefined);
  test.each(tried)("at every operation of a plan in turn leave nothing behind: %s", async (kind) => {
    const { id, path, spec } = bench.bundle(["true"], kinds[kind]);
    const socket = join(bench.folder, `${id}.sock`);
    const listener = listenUnix(socket, 0o600);
    const console = spec.process!.terminal ? ["--console-socket", socket] : [];
    const plan = JSON.parse((await bench.runc(["plan", path, "--json", "--id", id])).stdout) as {
      op: string;
      tag: string;
    }[];
    for (const [i, op] of plan.entries()) {
      // Of the longer plans the first of those in a row that are alike.
      if (kind !== tried[0] && op.op === plan[i - 1]?.op) continue;
      const failing = ["--inject-failure", String(i), ...console];
      const { code, stderr } = await bench.detached(["create", "--bundle", path, ...failing, id]);
      if (code === 0) {
        // What comes after "ready" fails when the container is started.
        expect(plan.slice(0, i).some(({ tag }) => tag === "create")).toBe(true);
        await bench.kill(id);
        rmSync(join(bench.root, NODE), { force: true });
      } else expect(stderr).toContain(op.op === "hook" ? "failure injected" : `${op.tag}: failure injected`);
      expect(bench.leftovers()).toEqual([]);
      expect(existsSync(join(bench.root, NODE))).toBe(false);
    }
    await gone();
    closeFd(listener);
  });
  test("the plans that fail have nearly every operation", async () => {
    const seen = new Set<string>();
    for (const kind of Object.keys(kinds)) {
      const { path } = bench.bundle(["true"], kinds[kind]);
      const plan = JSON.parse((await bench.runc(["plan", path, "--json"])).stdout) as { op: string }[];
      for (const { op } of plan) seen.add(op);
    }
    // Of an exec; of namespaces that are joined; of SELinux; of processors that are chosen.
    const others = ["joinProcess", "join", "label"];
    expect(Object.keys(OPS).filter((op) => !seen.has(op) && !others.includes(op))).toEqual([]);
  });
  test("a hook that fails leaves no device in the root", async () => {
    const { id, path } = bench.bundle(["true"], (spec) => {
      spec.linux!.devices = [{ path: `/${NODE}`, type: "c", major: 1, minor: 5 }];
      spec.hooks = { createRuntime: [{ path: "/bin/false" }] };
    });
    expect((await bench.runc(["run", "--bundle", path, id])).stderr).toContain("createRuntime hook #0");
    expect(existsSync(join(bench.root, NODE))).toBe(false);
    expect(bench.leftovers()).toEqual([]);
    await gone();
  });
  test("kill -9 of docker-runc at any moment leaves what delete --force cleans", async () => {
    const start = performance.now();
    await bench.kill(await bench.sleeping());
    const whole = performance.now() - start;
    let half = 0;
    const ROUNDS = 24;
    for (let round = 0; round < ROUNDS; round++) {
      const { id, path } = bench.bundle(["sleep", "1000"]);
      const child = Bun.spawn(bench.command(["run", "--bundle", path, id]), { stderr: "ignore" });
      await Bun.sleep((round / ROUNDS) * whole);
      child.kill("SIGKILL");
      await child.exited;
      if (bench.leftovers().length > 0) half++;
      const { code, stderr } = await bench.runc(["delete", "--force", id]);
      expect([code, stderr]).toEqual([0, ""]);
      expect(bench.leftovers()).toEqual([]);
    }
    await gone();
    // Of some there must have been something to clean for this to show anything.
    expect(half).toBeGreaterThan(0);
  });
});
