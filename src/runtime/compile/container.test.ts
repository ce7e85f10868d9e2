import { describe, expect, test } from "bun:test";
import type { Spec } from "../../oci/runtime-spec.ts";
import type { Op, OpName, Plan } from "../plan/ops.ts";
import { compileContainer } from "./container.ts";
import { testFacts, testSpec } from "./facts.testing.ts";
import type { Facts } from "./facts.ts";

const NEWNS = 0x20000;
const NEWPID = 0x20000000;
const NEWUSER = 0x10000000;
const NEWCGROUP = 0x02000000;

const compile = (change?: (spec: Spec) => void, facts?: Partial<Facts>) =>
  compileContainer(testSpec(change), testFacts(facts), true);
const names = (plan: Plan) => plan.map(({ op }) => op);
const find = <N extends OpName>(plan: Plan, name: N) =>
  plan.filter((op): op is Extract<Op, { op: N }> => op.op === name);

describe("compileContainer()", () => {
  test("makes the least container of these operations, in this order", () => {
    const plan = compile((spec) => delete spec.process!.env);
    expect(names(plan).filter((name) => name !== "mknod" && name !== "symlink")).toEqual([
      ...(["openCgroup", "openCgroup", "clone", "enterCgroups", "affinity", "keyring"] as const),
      ...(["propagation", "root", "mkdir", "setsid", "pivot", "reopenNull"] as const),
      ...(["chdir", "stdioOwner", "groups", "bounding", "user", "capabilities", "chdir"] as const),
      ...(["findCommand", "home", "ready", "waitStart", "execute"] as const),
    ]);
    expect(plan.every(({ tag }) => tag !== "")).toBe(true);
  });
  test("is a pure function", () => {
    expect(compile()).toEqual(compile());
  });
  test("clones into new namespaces and joins those with a path, in the order of config.json", () => {
    const plan = compile(({ linux }) => {
      linux!.namespaces = [
        { type: "mount" },
        { type: "network", path: "/run/netns/a" },
        { type: "user", path: "/proc/7/ns/user" },
        { type: "uts", path: "/proc/7/ns/uts" },
        { type: "pid" },
      ];
    });
    // The user namespace last: from outside root may join the others.
    expect(find(plan, "join").map(({ path, tag }) => [path, tag])).toEqual([
      ["/run/netns/a", "linux.namespaces[1]"],
      ["/proc/7/ns/uts", "linux.namespaces[3]"],
      ["/proc/7/ns/user", "linux.namespaces[2]"],
    ]);
    expect(find(plan, "clone")).toMatchObject([{ namespaces: NEWNS | NEWPID, userNamespace: 1 }]);
  });
  test("without a mount namespace leaves the host's propagation alone, and only changes the root folder", () => {
    const plan = compile(({ linux }) => (linux!.namespaces = [{ type: "pid" }]));
    expect(find(plan, "propagation")).toEqual([]);
    expect(find(plan, "root")).toMatchObject([{ propagation: 1 << 18 }]);
    expect(find(plan, "pivot")).toMatchObject([{ how: 2, propagation: 0 }]);
  });
  test("enters the user namespace first when it gives the right to enter the others", () => {
    const change = ({ linux }: Spec) => {
      linux!.namespaces = [{ type: "mount" }, { type: "network", path: "/a" }, { type: "user", path: "/b" }];
    };
    expect(find(compile(change, { rootless: true }), "join").map(({ path }) => path)).toEqual(["/b", "/a"]);
  });
  test("makes the cgroup namespace after the cgroup is entered", () => {
    const plan = compile(({ linux }) => linux!.namespaces!.push({ type: "cgroup" }));
    const order = names(plan);
    expect(find(plan, "unshare")).toMatchObject([{ namespaces: NEWCGROUP }]);
    expect(order.indexOf("unshare")).toBeGreaterThan(order.indexOf("enterCgroups"));
  });
  test("raises limits outside of a user namespace, and binds devices where it cannot make them", () => {
    const plan = compile(({ linux, process }) => {
      linux!.namespaces!.push({ type: "user" });
      process!.rlimits = [{ type: "RLIMIT_NOFILE", soft: 10, hard: 20 }];
    });
    const order = names(plan);
    expect(find(plan, "clone")).toMatchObject([{ namespaces: NEWNS | NEWPID | NEWUSER, userNamespace: 2 }]);
    // What the container's may be is lower than what init needs.
    expect(order.indexOf("raiseLimit")).toBeLessThan(order.indexOf("clone"));
    expect(order.indexOf("rlimit")).toBeGreaterThan(order.indexOf("pivot"));
    expect(find(plan, "mknod")).toEqual([]);
    expect(find(plan, "bind").map(({ target }) => target)).toContain("/dev/null");
  });
  test("loads the filter last with no_new_privs, before the user changes without, and early for a listener", () => {
    const seccomp = (listener: boolean) => ({ program: new Uint8Array(8), flags: 0, listener });
    const order = (noNewPrivileges: boolean, listener: boolean) => {
      const plan = compile(
        ({ process }) => {
          process!.noNewPrivileges = noNewPrivileges;
        },
        { seccomp: seccomp(listener) },
      );
      const all = names(plan);
      return all.indexOf("seccomp") < all.indexOf("user")
        ? "early"
        : all.indexOf("seccomp") > all.indexOf("waitStart")
          ? "late"
          : "?";
    };
    expect([order(false, false), order(true, false), order(true, true)]).toEqual(["early", "late", "early"]);
  });
  test("runs hooks: docker-runc's part, then createContainer before the root changes, startContainer at the end", () => {
    const plan = compile((spec) => {
      spec.hooks = {
        createRuntime: [{ path: "/a" }],
        createContainer: [{ path: "/b", timeout: 3 }],
        startContainer: [{ path: "/c", args: ["c", "x"] }],
      };
    });
    expect(find(plan, "hook").map(({ path, timeout, tag }) => [path, timeout, tag])).toEqual([
      ["/b", 3, "hooks.createContainer[0]"],
      ["/c", 0, "hooks.startContainer[0]"],
    ]);
    const order = names(plan);
    expect(order.indexOf("sync")).toBeLessThan(order.indexOf("hook"));
    expect(order.indexOf("hook")).toBeLessThan(order.indexOf("pivot"));
    expect(order.lastIndexOf("hook")).toBeGreaterThan(order.indexOf("waitStart"));
  });
  test("waits for the pid file only where there is one and nothing else to wait for", () => {
    const wait = (start: boolean, pidFile: boolean) =>
      find(compileContainer(testSpec(), testFacts({ pidFile }), start), "ready")[0];
    expect(wait(true, true)).toMatchObject({ keepOpen: 0, wait: 0 });
    expect(wait(false, true)).toMatchObject({ keepOpen: 1, wait: 1 });
    expect(wait(false, false)).toMatchObject({ keepOpen: 1, wait: 0 });
  });
  test("refuses what cannot be, with its place", () => {
    const refusal = (change: (spec: Spec) => void) => {
      try {
        compile(change);
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(refusal(({ linux }) => linux!.namespaces!.push({ type: "pid" }))).toBe(
      "linux.namespaces[2]: namespace pid is given twice",
    );
    expect(refusal((spec) => (spec.hostname = "x"))).toContain(
      "unable to set hostname without a private UTS namespace",
    );
    expect(refusal(({ process }) => (process!.args = []))).toBe("process.args must not be empty");
    expect(refusal(({ process }) => (process!.cwd = "x"))).toContain("Cwd must be an absolute path");
    expect(refusal(({ process }) => (process!.terminal = true))).toContain("cannot allocate tty");
    expect(refusal(({ process }) => (process!.apparmorProfile = "p"))).toContain("AppArmor is not enabled");
    expect(refusal(({ linux }) => (linux!.timeOffsets = { boottime: { secs: 1 } }))).toContain(
      "linux.timeOffsets",
    );
    expect(refusal(({ linux }) => (linux!.rootfsPropagation = "x"))).toContain("linux.rootfsPropagation");
    expect(refusal(({ linux }) => Object.assign(linux!, { namespaces: [], maskedPaths: ["/x"] }))).toContain(
      "unable to restrict sys entries without a private MNT namespace",
    );
  });
});

describe("capabilities", () => {
  test("become masks; unknown names are left out", () => {
    const plan = compile(({ process }) => {
      process!.capabilities = {
        bounding: ["CAP_CHOWN", "CAP_NONSENSE"],
        effective: ["CAP_KILL"],
        permitted: ["CAP_KILL", "CAP_CHECKPOINT_RESTORE"],
        inheritable: ["CAP_KILL"],
        ambient: ["CAP_KILL", "CAP_CHOWN"],
      };
    });
    expect(find(plan, "bounding")).toMatchObject([{ keep: 1n }]);
    expect(find(plan, "capabilities")).toMatchObject([
      { effective: 1n << 5n, permitted: (1n << 5n) | (1n << 40n), inheritable: 1n << 5n, ambient: 1n << 5n },
    ]);
  });
});
