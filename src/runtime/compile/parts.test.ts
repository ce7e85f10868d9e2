import { describe, expect, test } from "bun:test";
import type { Process } from "../../oci/runtime-spec.ts";
import { compileContainer } from "./container.ts";
import { compileExec, type ExecTarget } from "./exec.ts";
import { testFacts, testSpec } from "./facts.testing.ts";
import { inheritProcess, unknownCapabilities, vainAmbient } from "./process.ts";
import { compileRlimits } from "./rlimits.ts";
import { compileScheduling } from "./scheduling.ts";
import { compileSysctls } from "./sysctl.ts";

const process = (change: Partial<Process> = {}): Process => ({ ...testSpec().process!, ...change });

describe("compileRlimits()", () => {
  test("takes -1 and all from 2^63 on for no limit", () => {
    const rlimits = [
      { type: "RLIMIT_NOFILE", soft: 10, hard: 2 ** 64 },
      { type: "RLIMIT_CORE", soft: -1, hard: -1 },
    ];
    expect(compileRlimits(process({ rlimits }))).toEqual([
      { op: "rlimit", tag: "process.rlimits[0]", resource: 7, soft: 10n, hard: -1n },
      { op: "rlimit", tag: "process.rlimits[1]", resource: 4, soft: -1n, hard: -1n },
    ]);
  });
  test("refuses unknown limits and doubles", () => {
    const limit = { type: "RLIMIT_NOFILE", soft: 1, hard: 1 };
    expect(() => compileRlimits(process({ rlimits: [{ ...limit, type: "RLIMIT_X" }] }))).toThrow(
      "unknown limit",
    );
    expect(() => compileRlimits(process({ rlimits: [limit, limit] }))).toThrow("given twice");
  });
});

describe("compileSysctls()", () => {
  const sysctl = (key: string, ...types: ("network" | "ipc" | "uts")[]) =>
    compileSysctls(
      testSpec(({ linux }) => {
        linux!.namespaces!.push(...types.map((type) => ({ type })));
        linux!.sysctl = { [key]: "1" };
      }),
    );
  test("writes where sysctl(8) does, dots or slashes", () => {
    expect(sysctl("net.ipv4.ip_forward", "network")).toMatchObject([
      { path: "sys/net/ipv4/ip_forward", content: "1" },
    ]);
    expect(sysctl("net.ipv4.conf.eth0/1.x", "network")).toMatchObject([
      { path: "sys/net/ipv4/conf/eth0.1/x" },
    ]);
    expect(sysctl("net/ipv4/conf/eth0.1/x", "network")).toMatchObject([
      { path: "sys/net/ipv4/conf/eth0.1/x" },
    ]);
  });
  test("only in a namespace that keeps it from the host, and nowhere else", () => {
    expect(() => sysctl("net.ipv4.ip_forward")).toThrow("not allowed in the hosts network namespace");
    expect(() => sysctl("kernel.shmmax", "network")).toThrow("not allowed in the hosts ipc namespace");
    expect(() => sysctl("kernel.panic", "ipc", "uts", "network")).toThrow(
      "not in a separate kernel namespace",
    );
    expect(() => sysctl("net/../kernel/panic", "network")).toThrow("not a name of a sysctl");
  });
});

test("compileScheduling() takes names of policies, flags and classes", () => {
  const plan = compileScheduling(
    process({
      scheduler: {
        policy: "SCHED_DEADLINE",
        runtime: 1,
        deadline: 2,
        period: 3,
        flags: ["SCHED_FLAG_RECLAIM"],
      },
      ioPriority: { class: "IOPRIO_CLASS_BE", priority: 4 },
    }),
  );
  expect(plan).toMatchObject([
    { op: "scheduler", policy: 6, runtime: 1, deadline: 2, period: 3, flags: 2 },
    { op: "ioPriority", value: (2 << 13) | 4 },
  ]);
  expect(() => compileScheduling(process({ scheduler: { policy: "SCHED_X" } }))).toThrow(
    "process.scheduler.policy",
  );
});

describe("SELinux labels", () => {
  const labelled = testSpec((spec) => {
    spec.process!.selinuxLabel = "u:r:t:s0";
    spec.linux!.mountLabel = "u:r:f:s0:c1,c2";
    spec.linux!.maskedPaths = ["/proc/acpi"];
    spec.mounts = ["proc", "tmpfs", "mqueue", "cgroup"].map((type) => ({ destination: `/${type}`, type }));
  });
  const ops = (facts = testFacts({ selinux: true })) => compileContainer(labelled, facts, true);
  const plan = () =>
    ops().map((op) => ({ ...op, ...("options" in op ? { options: String(op.options) } : {}) }));
  test("go to keys and the command", () => {
    const writes = plan().filter((op) => op.op === "writeProc");
    expect(writes).toMatchObject([
      { path: "self/attr/keycreate", content: "u:r:t:s0" },
      { path: "self/attr/exec", content: "u:r:t:s0" },
    ]);
    const names = plan().map(({ op }) => op);
    expect(names.indexOf("keyring")).toBe(names.indexOf("writeProc") + 1);
  });
  test("go to file systems, but not to those that the host shares", () => {
    const mounts = plan().flatMap((op) => (op.op === "mount" ? [[op.target, op.options]] : []));
    expect(mounts).toEqual([
      ["/proc", ""],
      ["/tmpfs", "context=u:r:f:s0:c1,c2\0"],
      ["/mqueue", ""],
      ["/cgroup", "mode=755\0context=u:r:f:s0:c1,c2\0"],
    ]);
    expect(plan()).toContainEqual({
      ...{ op: "label", tag: "linux.mountLabel", target: "/mqueue", label: "u:r:f:s0:c1,c2" },
    });
    expect(plan()).toContainEqual({
      ...{ op: "mask", tag: "linux.maskedPaths[0]", path: "/proc/acpi" },
      options: "context=u:r:f:s0:c1,c2\0",
    });
  });
  test("are an error for the process, and nothing for mounts, where SELinux is off", () => {
    const off = testFacts();
    expect(() => ops(off)).toThrow("selinux label is specified in config, but selinux is disabled");
    const { process, ...rest } = labelled;
    const only = { ...rest, process: { ...process!, selinuxLabel: "" } };
    const options = compileContainer(only, off, true).map((op) =>
      "options" in op ? String(op.options) : "",
    );
    expect(options.filter(Boolean)).toEqual(["mode=755\0"]);
  });
});

describe("compileExec()", () => {
  const target = (change: Partial<ExecTarget>): ExecTarget => ({
    namespaces: 0,
    inUserNamespace: false,
    hostMounts: false,
    pid: 7,
    rootfs: "/r",
    spec: testSpec(({ linux }) => {
      linux!.personality = { domain: "LINUX32" };
    }),
    ...change,
  });
  const names = (namespaces: number, inUserNamespace: boolean) =>
    compileExec(process(), target({ namespaces, inUserNamespace }), testFacts({ fds: { pidfd: 5 } })).map(
      ({ op }) => op,
    );
  test("enters the root also where the mounts are the host's", () => {
    const plan = compileExec(process(), target({ hostMounts: true }), testFacts({ fds: { pidfd: 5 } }));
    expect(plan).toContainEqual({
      ...{ op: "joinProcess", tag: "namespaces", pidfd: 5, namespaces: 0, pid: 7, root: "/r" },
    });
  });
  test("joins what is foreign, and enters the cgroups", () => {
    const plan = compileExec(process(), target({ namespaces: 6 }), testFacts({ fds: { pidfd: 5 } }));
    expect(plan).toContainEqual({
      op: "joinProcess",
      tag: "namespaces",
      pidfd: 5,
      namespaces: 6,
      pid: 7,
      root: "/r",
    });
    expect(names(6, false).slice(0, 5)).toEqual([
      "openCgroup",
      "openCgroup",
      "enterCgroups",
      "joinProcess",
      "clone",
    ]);
    expect(names(0, false)).not.toContain("joinProcess");
    expect(names(6, true)).not.toContain("pivot");
    expect(plan).toContainEqual({ op: "personality", tag: "linux.personality", persona: 8 });
  });
});

test("inheritProcess() takes from the container what the document leaves open", () => {
  const spec = testSpec(({ process }) => {
    process!.rlimits = [{ type: "RLIMIT_NOFILE", soft: 1, hard: 1 }];
    process!.capabilities = { bounding: ["CAP_KILL"] };
    process!.apparmorProfile = "p";
  });
  const bare = { args: ["x"], cwd: "/", user: { uid: 1, gid: 1 } };
  expect(inheritProcess(bare, spec)).toEqual({
    ...bare,
    rlimits: spec.process!.rlimits!,
    capabilities: { bounding: ["CAP_KILL"] },
    apparmorProfile: "p",
  });
  expect(inheritProcess({ ...bare, capabilities: {} }, spec).capabilities).toEqual({});
});

test("vainAmbient() names what is not inheritable and permitted as well", () => {
  const process = testSpec().process!;
  process.capabilities = {
    ambient: ["CAP_CHOWN", "CAP_KILL", "CAP_SYS_ADMIN", "CAP_NONE"],
    inheritable: ["CAP_CHOWN", "CAP_KILL"],
    permitted: ["CAP_CHOWN", "CAP_SYS_ADMIN"],
  };
  expect(vainAmbient(process, ~0n)).toEqual(["CAP_KILL", "CAP_SYS_ADMIN"]);
});

test("unknownCapabilities() names each once", () => {
  const capabilities = { bounding: ["CAP_X", "CAP_KILL"], effective: ["CAP_X", "CAP_BPF"] };
  expect(unknownCapabilities(process({ capabilities }), 38)).toEqual(["CAP_X", "CAP_BPF"]);
});
