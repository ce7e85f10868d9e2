/** docker-runc where the development machine cannot show it: cgroup v2 alone, systemd's driver, AppArmor, no root. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dockerSpec, makeBundle } from "../../hack/lib/bundle.ts";
import type { Spec } from "../../src/oci/runtime-spec.ts";

const RUNC = join(process.env["PEQUOD_BIN"] ?? "", "docker-runc");
const CGROUPS = "/sys/fs/cgroup";
let folder: string;
beforeAll(() => {
  folder = mkdtempSync("/tmp/vm-runtime-");
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  code: number;
  output: string;
}

function runc(args: string[], command: string[] = [RUNC]): Ran {
  const child = Bun.spawnSync([...command, ...args], { stdin: "ignore" });
  return { code: child.exitCode, output: `${child.stdout}${child.stderr}`.trim() };
}

/** Starts a container that stays; its output goes nowhere, for a pipe would keep this process waiting. */
function runDetached(id: string, path: string, ...flags: string[]): void {
  const log = join(folder, "log");
  const command = [RUNC, ...root(), "--log", log, ...flags, "run", "--detach", "--bundle", path, id];
  const child = Bun.spawnSync(command, { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  expect({ code: child.exitCode, log: existsSync(log) ? readFileSync(log, "utf8") : "" }).toEqual({
    code: 0,
    log: "",
  });
}

let count = 0;
/** A bundle whose command is a shell script; `change` adapts its config.json. */
function bundle(script: string, change: (spec: Spec) => void = () => {}): string {
  const path = join(folder, `bundle-${count++}`);
  const spec = dockerSpec(["sh", "-c", script], `/pequod/${count}`);
  change(spec);
  makeBundle(path, spec);
  return path;
}

const root = () => ["--root", join(folder, "state")];
const run = (id: string, path: string, ...flags: string[]) =>
  runc([...root(), ...flags, "run", "--bundle", path, id]);

describe("cgroup v2", () => {
  test("the limits of config.json are those of the cgroup", () => {
    const path = bundle(
      "cd /sys/fs/cgroup; cat memory.max memory.low memory.swap.max pids.max cpu.max cpu.weight",
      (spec) => {
        spec.linux!.cgroupsPath = "/pequod/limits";
        // Without it the mount shows the host's whole hierarchy.
        spec.linux!.namespaces!.push({ type: "cgroup" });
        spec.linux!.resources = {
          ...spec.linux!.resources,
          memory: { limit: 64 << 20, reservation: 32 << 20, swap: 96 << 20 },
          pids: { limit: 30 },
          cpu: { quota: 25_000, period: 50_000, shares: 512 },
        };
      },
    );
    const { code, output } = run("limits", path);
    expect({ code, output }).toEqual({
      code: 0,
      output: `${64 << 20}\n${32 << 20}\n${32 << 20}\n30\n25000 50000\n20`,
    });
    expect(existsSync(`${CGROUPS}/pequod/limits`)).toBe(false);
  });
  test("a device that no rule allows cannot be opened, whoever makes its node", () => {
    const path = bundle(
      "cat /dev/null && echo null; mknod /tmp/kmsg c 1 11; head -c1 /tmp/kmsg || echo refused",
    );
    const { output } = run("devices", path);
    expect(output).toContain("null");
    expect(output).toContain("Operation not permitted");
    expect(output).toContain("refused");
  });
  test("pause stops the processes, resume lets them go on", () => {
    const path = bundle("sleep 1000", (spec) => {
      spec.linux!.cgroupsPath = "/pequod/frozen";
    });
    runDetached("frozen", path);
    const frozen = () =>
      /frozen (\d)/.exec(readFileSync(`${CGROUPS}/pequod/frozen/cgroup.events`, "utf8"))![1];
    runc([...root(), "pause", "frozen"]);
    expect(frozen()).toBe("1");
    expect(JSON.parse(runc([...root(), "state", "frozen"]).output).status).toBe("paused");
    runc([...root(), "resume", "frozen"]);
    expect(frozen()).toBe("0");
    runc([...root(), "delete", "--force", "frozen"]);
    expect(existsSync(`${CGROUPS}/pequod/frozen`)).toBe(false);
  });
});

describe("--systemd-cgroup", () => {
  const show = (unit: string, property: string) =>
    Bun.spawnSync(["systemctl", "show", "--value", "-p", property, unit]).stdout.toString().trim();

  test("the container is in a scope of systemd's, with its limits, and both go with it", () => {
    const path = bundle("sleep 1000", (spec) => {
      spec.linux!.cgroupsPath = "machine.slice:pequod:one";
      spec.linux!.resources = {
        ...spec.linux!.resources,
        memory: { limit: 64 << 20 },
        pids: { limit: 30 },
      };
    });
    runDetached("one", path, "--systemd-cgroup");
    const cgroup = `${CGROUPS}/machine.slice/pequod-one.scope`;
    const { pid } = JSON.parse(runc([...root(), "state", "one"]).output) as { pid: number };
    expect(readFileSync(`${cgroup}/cgroup.procs`, "utf8")).toBe(`${pid}\n`);
    expect(readFileSync(`${cgroup}/memory.max`, "utf8")).toBe(`${64 << 20}\n`);
    expect(show("pequod-one.scope", "ActiveState")).toBe("active");
    expect(show("pequod-one.scope", "TasksMax")).toBe("30");
    expect(runc([...root(), "--systemd-cgroup", "update", "--pids-limit", "40", "one"]).output).toBe("");
    expect(show("pequod-one.scope", "TasksMax")).toBe("40");
    Bun.spawnSync(["systemctl", "daemon-reload"]);
    expect(readFileSync(`${cgroup}/memory.max`, "utf8")).toBe(`${64 << 20}\n`);
    runc([...root(), "delete", "--force", "one"]);
    expect(existsSync(cgroup)).toBe(false);
    expect(show("pequod-one.scope", "ActiveState")).toBe("inactive");
  });
  test("annotations org.systemd.property.* are properties of the scope; a wrong one leaves nothing", () => {
    const annotated = (name: string, value: string) =>
      bundle("sleep 1000", (spec) => {
        spec.linux!.cgroupsPath = "machine.slice:pequod:annotated";
        spec.annotations = {
          "org.systemd.property.CollectMode": "'inactive-or-failed'",
          [`org.systemd.property.${name}`]: value,
        };
      });
    runDetached("annotated", annotated("TimeoutStopSec", "uint64 77"), "--systemd-cgroup");
    expect(show("pequod-annotated.scope", "CollectMode")).toBe("inactive-or-failed");
    expect(show("pequod-annotated.scope", "TimeoutStopUSec")).toBe("1min 17s");
    runc([...root(), "delete", "--force", "annotated"]);
    for (const value of ["'soon'", "{"]) {
      const { code, output } = run("annotated", annotated("TimeoutStopSec", value), "--systemd-cgroup");
      expect(code).toBe(1);
      expect(output).toContain(`org.systemd.property.TimeoutStopSec=${value}`);
    }
    // systemd itself refuses a property that it does not know.
    const unknown = run("annotated", annotated("NoneSuch", "1"), "--systemd-cgroup");
    expect(unknown.code).toBe(1);
    expect(unknown.output).toContain("NoneSuch");
    expect(existsSync(join(folder, "state/annotated"))).toBe(false);
    expect(show("pequod-annotated.scope", "ActiveState")).toBe("inactive");
  });
  test("a path in cgroupfs's form is refused as runc does, and nothing stays", () => {
    const path = bundle("true", (spec) => {
      spec.linux!.cgroupsPath = "/pequod/two";
    });
    const { code, output } = run("two", path, "--systemd-cgroup");
    expect(code).toBe(1);
    expect(output).toContain("expected cgroupsPath to be of format");
    expect(existsSync(join(folder, "state/two"))).toBe(false);
  });
  test("a creation that fails leaves no scope", () => {
    const path = bundle("true", (spec) => {
      spec.linux!.cgroupsPath = "machine.slice:pequod:three";
      spec.process!.args = ["/nonesuch"];
    });
    expect(run("three", path, "--systemd-cgroup").code).not.toBe(0);
    expect(show("pequod-three.scope", "ActiveState")).toBe("inactive");
    expect(existsSync(`${CGROUPS}/machine.slice/pequod-three.scope`)).toBe(false);
  });
});

describe("AppArmor", () => {
  const PROFILE =
    "profile pequod-test flags=(attach_disconnected,mediate_deleted) {\n  file,\n  network,\n  unix,\n  capability,\n  deny /etc/secret r,\n}\n";

  test("the process has the profile, and is held to it", () => {
    const file = join(folder, "profile");
    writeFileSync(file, `#include <tunables/global>\n${PROFILE}`);
    expect(Bun.spawnSync(["apparmor_parser", "-r", file]).exitCode).toBe(0);
    const path = bundle("cat /proc/self/attr/current; cat /etc/secret", (spec) => {
      spec.process!.apparmorProfile = "pequod-test";
    });
    writeFileSync(join(path, "rootfs/etc/secret"), "secret\n");
    const { output } = run("armoured", path);
    expect(output).toContain("pequod-test (enforce)");
    expect(output).toContain("Permission denied");
  });
  test("a profile that is not loaded is an error that names it", () => {
    const path = bundle("true", (spec) => {
      spec.process!.apparmorProfile = "pequod-nonesuch";
    });
    const { code, output } = run("unarmoured", path);
    expect(code).toBe(1);
    expect(output).toContain("pequod-nonesuch");
  });
});

describe("without root", () => {
  const somebody = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "env", "-C", "/", RUNC];

  const mine =
    (change: (spec: Spec) => void = () => {}) =>
    (spec: Spec) => {
      const uid = 1000;
      spec.linux!.namespaces = [...spec.linux!.namespaces!, { type: "user" }];
      spec.linux!.uidMappings = [{ containerID: 0, hostID: uid, size: 1 }];
      spec.linux!.gidMappings = [{ containerID: 0, hostID: uid, size: 1 }];
      spec.linux!.resources = {};
      delete spec.linux!.cgroupsPath;
      delete spec.process!.oomScoreAdj;
      delete spec.process!.user.additionalGids;
      spec.hostname = "mine";
      spec.mounts = spec
        .mounts!.filter(({ type }) => type !== "cgroup")
        .map((mount) => {
          if (mount.type === "sysfs")
            return {
              ...mount,
              type: "none",
              source: "/sys",
              options: ["rbind", "nosuid", "noexec", "nodev", "ro"],
            };
          return { ...mount, options: (mount.options ?? []).filter((option) => !option.startsWith("gid=")) };
        });
      change(spec);
    };

  test("a user runs a container in which it is root", () => {
    const path = bundle("id -u; hostname; touch /made && echo made", mine());
    Bun.spawnSync(["chown", "-R", "1000:1000", path]);
    const state = join(folder, "user-state");
    Bun.spawnSync(["install", "-d", "-o", "1000", state]);
    const result = runc(["--root", state, "run", "--bundle", path, "rootless"], somebody);
    expect(result).toEqual({ code: 0, output: "0\nmine\nmade" });
  });

  test("--systemd-cgroup: the container is in a scope of the user's systemd, with its limits", () => {
    const must = (...command: string[]) => {
      const child = Bun.spawnSync(command);
      expect([command[0], child.exitCode, child.stderr.toString()]).toEqual([command[0]!, 0, ""]);
    };
    // What logind would do at a login.
    must("install", "-d", "-m", "700", "-o", "1000", "-g", "1000", "/run/user/1000");
    const own = ["--unit=pequod-user", "--quiet", "--uid=1000", "--gid=1000", "-p", "Delegate=yes"];
    const env = ["--setenv=XDG_RUNTIME_DIR=/run/user/1000", "--setenv=HOME=/home/somebody"];
    must("systemd-run", ...own, "-p", "Type=notify", ...env, "/lib/systemd/systemd", "--user");
    const above = `${CGROUPS}/system.slice/pequod-user.service`;
    must("mkdir", `${above}/session`);
    const inside = (...command: string[]) => [
      ...["sh", "-c", `echo $$ >${above}/session/cgroup.procs && exec "$@"`, "sh"],
      ...["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"],
      ...["env", "-C", "/", "XDG_RUNTIME_DIR=/run/user/1000", ...command],
    ];
    const path = bundle(
      "sleep 1000",
      mine((spec) => {
        spec.linux!.cgroupsPath = ":pequod:mine";
        spec.linux!.resources = { memory: { limit: 64 << 20 }, pids: { limit: 30 } };
      }),
    );
    must("chown", "-R", "1000:1000", path);
    const state = join(folder, "user-scopes");
    must("install", "-d", "-o", "1000", state);
    const log = join(state, "log");
    const docker = (...args: string[]) =>
      inside(RUNC, "--root", state, "--log", log, "--systemd-cgroup", ...args);
    const started = Bun.spawnSync(docker("run", "--detach", "--bundle", path, "mine"), {
      ...({ stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const),
    });
    expect([started.exitCode, existsSync(log) ? readFileSync(log, "utf8") : ""]).toEqual([0, ""]);
    const cgroup = `${above}/user.slice/pequod-mine.scope`;
    const { pid } = JSON.parse(runc([], docker("state", "mine")).output) as { pid: number };
    expect(readFileSync(`${cgroup}/cgroup.procs`, "utf8")).toBe(`${pid}\n`);
    expect(readFileSync(`${cgroup}/memory.max`, "utf8")).toBe(`${64 << 20}\n`);
    const tasks = ["systemctl", "--user", "show", "--value", "-p", "TasksMax", "pequod-mine.scope"];
    expect(runc([], inside(...tasks)).output).toBe("30");
    expect(runc([], docker("update", "--pids-limit", "40", "mine")).output).toBe("");
    expect(runc([], inside(...tasks)).output).toBe("40");
    expect(runc([], docker("exec", "mine", "cat", "/proc/self/cgroup")).output).toBe(
      `0::/system.slice/pequod-user.service/user.slice/pequod-mine.scope`,
    );
    expect(runc([], docker("delete", "--force", "mine"))).toEqual({ code: 0, output: "" });
    expect(existsSync(cgroup)).toBe(false);
    must("systemctl", "stop", "pequod-user.service");
  });
});
