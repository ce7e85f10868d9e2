/** The known ways out of a container, tried against docker-runc: each must fail. Races have a bounded number of rounds. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { RuntimeBench } from "./lib/runtime.ts";

const ROUNDS = 15;
let bench: RuntimeBench;
beforeAll(() => {
  bench = new RuntimeBench();
});
afterEach(() => expect(bench.leftovers()).toEqual([]));
afterAll(() => bench.close());

const digest = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
const bind = (source: string, destination: string) => ({
  destination,
  type: "bind",
  source,
  options: ["rbind"],
});

/** Runs a shell script on the host, over and over, until stopped. */
function racer(script: string): () => Promise<void> {
  const child = Bun.spawn(["/bin/sh", "-c", `while :; do ${script}; done`], {
    stdout: "ignore",
    stderr: "ignore",
  });
  return async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
}

const EXCHANGE = `
import { dlopen } from "bun:ffi";
const args = ["i32", "ptr", "i32", "ptr", "u32"];
const { renameat2 } = dlopen("libc.so.6", { renameat2: { args, returns: "i32" } }).symbols;
const [a, b] = process.argv.slice(-2).map((path) => Buffer.from(path + "\\0"));
if (renameat2(-100, a, -100, b, 2) !== 0) throw new Error("renameat2 failed");
console.log("racing");
for (;;) renameat2(-100, a, -100, b, 2);`;

/** Swaps two paths, both always there, as fast as the kernel can: one is what it should be, the other a link. */
async function exchanger(a: string, b: string): Promise<() => Promise<void>> {
  const child = Bun.spawn([process.execPath, "-e", EXCHANGE, "--", a, b], { stderr: "inherit" });
  await child.stdout.getReader().read();
  return async () => {
    child.kill("SIGKILL");
    await child.exited;
  };
}

test("CVE-2019-5736: the runtime cannot be written to through /proc/PID/exe", async () => {
  const before = digest(bench.binary);
  // The container's "command" is the runtime itself again, by the name that the kernel gives it.
  writeFileSync(join(bench.root, "bin/evil"), "#!/proc/self/exe\n");
  chmodSync(join(bench.root, "bin/evil"), 0o755);
  const { id, path } = bench.bundle(["/bin/evil"]);
  const result = await bench.runc(["run", "--bundle", path, id]);
  expect(result.code).not.toBe(0);
  // A container that overwrites whatever enters it.
  const overwrite = "while :; do for p in /proc/[0-9]*; do echo x > $p/exe; done; done 2>/dev/null";
  const grabber = bench.bundle(["sh", "-c", overwrite]);
  await bench.detached(["run", "--detach", "--bundle", grabber.path, grabber.id]);
  for (let i = 0; i < ROUNDS; i++) await bench.runc(["exec", grabber.id, "/bin/evil"]);
  await bench.kill(grabber.id);
  expect(digest(bench.binary)).toBe(before);
});

test("CVE-2019-5736: what a container sees of init is a sealed copy", async () => {
  const id = await bench.sleeping();
  await bench.kill(id);
  const created = bench.bundle(["true"]);
  await bench.detached(["create", "--bundle", created.path, created.id]);
  const { pid } = JSON.parse((await bench.runc(["state", created.id])).stdout) as { pid: number };
  expect(readlinkSync(`/proc/${pid}/exe`)).toBe("/memfd:docker-runc-init (deleted)");
  expect(() => writeFileSync(`/proc/${pid}/exe`, "x")).toThrow(/ETXTBSY|EPERM/);
  const kept = openSync(`/proc/${pid}/exe`, "r");
  try {
    await bench.kill(created.id);
    // While nobody runs it, only the seal protects what is open still.
    expect(() => writeFileSync(`/proc/self/fd/${kept}`, "x")).toThrow("EPERM");
  } finally {
    closeSync(kept);
  }
});

test("CVE-2019-16884, CVE-2019-19921: nothing but procfs is mounted on /proc", async () => {
  const fake = join(bench.folder, "fake-proc");
  mkdirSync(join(fake, "self/attr"), { recursive: true });
  for (const destination of ["/proc", "/proc/self", "/proc/sys/kernel", "/x/../proc"])
    expect(await bench.sh("true", (spec) => spec.mounts!.push(bind(fake, destination)))).toContain(
      "inside /proc only procfs itself",
    );
  // By a link in the image.
  symlinkSync("/proc/self", join(bench.root, "way-in"));
  expect(await bench.sh("true", (spec) => spec.mounts!.push(bind(fake, "/way-in/attr")))).toContain(
    "is inside /proc",
  );
  expect(
    await bench.sh("true", (spec) =>
      spec.mounts!.push({ destination: "/way-in", type: "tmpfs", source: "tmpfs" }),
    ),
  ).toContain("is inside /proc");
});

test("CVE-2019-19921: /proc and /sys of the image must not be links", async () => {
  const root = join(bench.folder, "linked");
  Bun.spawnSync(["cp", "-a", bench.root, root]);
  for (const name of ["proc", "sys"]) {
    rmSync(join(root, name), { recursive: true });
    symlinkSync("/tmp", join(root, name));
    const seen = await bench.sh("true", (spec) => {
      spec.root!.path = root;
    });
    expect(seen).toContain(`/${name} must be mounted on ordinary directory`);
    rmSync(join(root, name));
    mkdirSync(join(root, name));
  }
});

test("CVE-2021-30465, CVE-2023-27561, CVE-2024-45310: swapping a mount's target for a link creates and mounts nothing outside", async () => {
  const outside = join(bench.folder, "outside");
  const source = join(bench.folder, "source");
  mkdirSync(outside);
  mkdirSync(source);
  writeFileSync(join(source, "secret"), "secret");
  const at = join(bench.root, "race");
  const stop = racer(
    `rm -rf ${at}; mkdir ${at}; rm -rf ${at}; ln -s ${outside} ${at}; rm -f ${at}; ln -s ../../../../../..${outside} ${at}`,
  );
  try {
    for (let i = 0; i < ROUNDS; i++) {
      // It may fail, as the target goes away; if it does not, the mounts are somewhere in the root.
      await bench.sh("true", (spec) =>
        spec.mounts!.push(bind(source, `/race/folder${i}`), bind(join(source, "secret"), `/race/file${i}/x`)),
      );
      expect(readdirSync(outside)).toEqual([]);
    }
  } finally {
    await stop();
    rmSync(at, { recursive: true, force: true });
  }
  expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(outside);
});

test("CVE-2021-30465, CVE-2024-45310: exchanging a mount's target with a link, which wins rounds, mounts and creates nothing outside", async () => {
  const outside = join(bench.folder, "exchanged");
  const source = join(bench.folder, "exchanged-source");
  const [at, link] = [join(bench.root, "swap"), join(bench.root, "swap-link")];
  for (const folder of [outside, source, at]) mkdirSync(folder);
  writeFileSync(join(source, "secret"), "secret");
  symlinkSync(outside, link);
  const stop = await exchanger(at, link);
  let ran = 0;
  try {
    for (let i = 0; i < ROUNDS; i++) {
      const seen = await bench.sh("echo ran", (spec) =>
        spec.mounts!.push(bind(source, `/swap/folder${i}`), bind(join(source, "secret"), `/swap/file${i}`)),
      );
      if (seen === "ran") ran++;
      expect(readdirSync(outside)).toEqual([]);
    }
  } finally {
    await stop();
  }
  // The link was followed too, in the root; that shows that the race was run, and where it ends.
  const made = (folder: string) => (existsSync(folder) ? readdirSync(folder).length : 0);
  const inRoot = [at, link].map((path) => (lstatSync(path).isSymbolicLink() ? 0 : made(path)));
  expect(ran).toBeGreaterThan(0);
  expect(Math.max(...inRoot) + made(join(bench.root, outside))).toBeGreaterThan(0);
  for (const path of [at, link, join(bench.root, "tmp/pequod")])
    rmSync(path, { recursive: true, force: true });
});

test("CVE-2023-27561, CVE-2025-52881: exchanging /proc of the image with a link leads neither a write nor the mount elsewhere", async () => {
  const before = readFileSync("/proc/sys/kernel/core_pattern", "utf8");
  const root = join(bench.folder, "swapped-proc");
  Bun.spawnSync(["cp", "-a", bench.root, root]);
  mkdirSync(join(root, "false/sys/net/ipv4"), { recursive: true });
  symlinkSync("/proc/sys/kernel/core_pattern", join(root, "false/sys/net/ipv4/ip_forward"));
  symlinkSync("/false", join(root, "proc-link"));
  const stop = await exchanger(join(root, "proc"), join(root, "proc-link"));
  try {
    for (let i = 0; i < ROUNDS; i++) {
      const seen = await bench.sh("echo $(stat -f -c %T /false) $(cat /false/stat 2>/dev/null)", (spec) => {
        spec.root!.path = root;
        spec.linux!.sysctl = { "net.ipv4.ip_forward": "1" };
        spec.linux!.maskedPaths = [];
        spec.linux!.readonlyPaths = [];
      });
      // Either procfs is mounted on the folder, however it is called then, or there is no container.
      if (seen.startsWith("exit ")) expect(seen).toContain("must be mounted on ordinary directory");
      else expect(seen).not.toMatch(/proc|cpu/);
      expect(readFileSync("/proc/sys/kernel/core_pattern", "utf8")).toBe(before);
    }
  } finally {
    await stop();
  }
  expect(readdirSync(join(root, "false"))).toEqual(["sys"]);
});

test("CVE-2025-52565: exchanging /dev/console with a link into /proc never mounts the terminal there", async () => {
  const dev = join(bench.folder, "swapped-dev");
  mkdirSync(join(dev, "pts"), { recursive: true });
  writeFileSync(join(dev, "console"), "");
  symlinkSync("/proc/uptime", join(dev, "link"));
  const stop = await exchanger(join(dev, "console"), join(dev, "link"));
  const outcomes = new Set<string>();
  try {
    for (let i = 0; i < ROUNDS; i++) {
      const seen = await bench.sh("test -c /proc/uptime && echo mounted || echo ran", (spec) => {
        spec.process!.terminal = true;
        spec.mounts = [
          ...spec.mounts!.filter(({ destination }) => !destination.startsWith("/dev")),
          bind(dev, "/dev"),
          spec.mounts!.find(({ destination }) => destination === "/dev/pts")!,
        ];
      });
      expect(seen).toMatch(/^ran$|is inside \/proc/);
      outcomes.add(seen === "ran" ? "ran" : "refused");
    }
  } finally {
    await stop();
  }
  expect(outcomes.size).toBeGreaterThan(0);
});

test("CVE-2024-21626: no descriptor of the host is left, nor can be the working folder", async () => {
  const marker = join(bench.folder, "marker");
  writeFileSync(marker, "host");
  expect(await bench.sh("ls /proc/self/fd | tr '\\n' ' '")).toBe("0 1 2 3");
  for (let fd = 3; fd < 16; fd++) {
    const seen = await bench.sh(`cat ../../../../../../../..${marker}`, (spec) => {
      spec.process!.cwd = `/proc/self/fd/${fd}`;
    });
    expect(seen).toStartWith("exit ");
    expect(seen).not.toContain("host\n");
  }
  const id = await bench.sleeping();
  // A link in the container to a descriptor of the process that enters.
  await bench.runc([
    "exec",
    id,
    "sh",
    "-c",
    "for i in 3 4 5 6 7 8 9 10; do ln -s /proc/self/fd/$i /tmp/fd$i; done",
  ]);
  for (let fd = 3; fd <= 10; fd++) {
    const { code, stdout } = await bench.runc([
      "exec",
      "--cwd",
      `/tmp/fd${fd}`,
      id,
      "cat",
      `../../../../../../..${marker}`,
    ]);
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
  }
  await bench.kill(id);
  for (let fd = 3; fd <= 10; fd++) rmSync(join(bench.root, `tmp/fd${fd}`), { force: true });
});

test("CVE-2024-21626: nor can the command, or the interpreter of a script, be reached by one", async () => {
  const marker = join(bench.folder, "host-program");
  writeFileSync(marker, "#!/bin/sh\necho host program\n");
  chmodSync(marker, 0o755);
  const up = `../../../../../../../../..${marker}`;
  const id = await bench.sleeping();
  for (let fd = 3; fd < 16; fd++) {
    const path = `/proc/self/fd/${fd}/${up}`;
    writeFileSync(join(bench.root, `bin/script${fd}`), `#!${path}\n`);
    chmodSync(join(bench.root, `bin/script${fd}`), 0o755);
    for (const command of [path, `/proc/self/fd/${fd}`, `/bin/script${fd}`]) {
      const { path: bundle, id: fresh } = bench.bundle([command]);
      const ran = await bench.runc(["run", "--bundle", bundle, fresh]);
      const entered = await bench.runc(["exec", id, command]);
      for (const { code, stdout } of [ran, entered]) {
        expect(code).not.toBe(0);
        expect(stdout).toBe("");
      }
    }
    rmSync(join(bench.root, `bin/script${fd}`));
  }
  await bench.kill(id);
});

test("CVE-2025-31133: a false /dev/null of the image does not unmask paths", async () => {
  const dev = join(bench.folder, "dev");
  mkdirSync(dev);
  symlinkSync("/proc/sys/kernel/core_pattern", join(dev, "null"));
  const seen = await bench.sh("wc -c < /proc/timer_list; grep ' /proc/timer_list ' /proc/mounts", (spec) => {
    spec.mounts = spec.mounts!.filter(({ destination }) => !destination.startsWith("/dev"));
    spec.mounts.push(bind(dev, "/dev"));
  });
  expect(seen).toStartWith("0\n");
  expect(seen).not.toContain("core_pattern");
});

test("CVE-2025-31133: swapping a masked path for a link hides nothing else, and never mounts outside", async () => {
  const at = join(bench.root, "masked");
  const other = join(bench.root, "other");
  writeFileSync(other, "visible");
  const stop = racer(
    `rm -rf ${at}; echo a > ${at}; rm -f ${at}; ln -s /proc/uptime ${at}; rm -f ${at}; ln -s ../../../../etc/passwd ${at}`,
  );
  try {
    for (let i = 0; i < ROUNDS; i++) {
      const seen = await bench.sh("cat /other; test -s /proc/uptime", (spec) =>
        spec.linux!.maskedPaths!.push("/masked"),
      );
      if (!seen.startsWith("exit 1: runc run failed")) expect(seen).toContain("visible");
    }
  } finally {
    await stop();
    rmSync(at, { force: true });
  }
  expect(readFileSync("/etc/passwd").length).toBeGreaterThan(0);
});

test("CVE-2025-52565: /dev/console that leads into /proc is refused", async () => {
  const dev = join(bench.folder, "console-dev");
  mkdirSync(join(dev, "pts"), { recursive: true });
  symlinkSync("/proc/uptime", join(dev, "console"));
  const seen = await bench.sh("true", (spec) => {
    spec.process!.terminal = true;
    spec.mounts = [
      ...spec.mounts!.filter(({ destination }) => !destination.startsWith("/dev")),
      bind(dev, "/dev"),
      spec.mounts!.find(({ destination }) => destination === "/dev/pts")!,
    ];
  });
  expect(seen).toContain("/dev/console is inside /proc");
});

test("CVE-2025-52565: /dev/pts/ptmx that is not a terminal multiplexer is refused", async () => {
  const pts = join(bench.folder, "pts");
  mkdirSync(pts);
  writeFileSync(join(pts, "ptmx"), "");
  const seen = await bench.sh("true", (spec) => {
    spec.process!.terminal = true;
    spec.mounts = spec.mounts!.filter(({ destination }) => destination !== "/dev/pts");
    spec.mounts.push(bind(pts, "/dev/pts"));
  });
  expect(seen).toContain("is not a terminal multiplexer");
});

test("CVE-2025-52881: sysctls and labels are written to the real procfs, whatever the image puts in its place", async () => {
  const before = readFileSync("/proc/sys/kernel/core_pattern", "utf8");
  // Links with the names that the runtime writes to, reachable if it went by the image's /proc.
  const root = join(bench.folder, "redirect");
  Bun.spawnSync(["cp", "-a", bench.root, root]);
  mkdirSync(join(root, "proc/sys/net/ipv4"), { recursive: true });
  symlinkSync("/proc/sys/kernel/core_pattern", join(root, "proc/sys/net/ipv4/ip_forward"));
  const seen = await bench.sh("cat /proc/sys/net/ipv4/ip_forward", (spec) => {
    spec.root!.path = root;
    spec.linux!.sysctl = { "net.ipv4.ip_forward": "1" };
  });
  expect(seen).toBe("1");
  // Without a procfs of its own the container has only the image's false one.
  const without = await bench.sh("cat /proc/sys/net/ipv4/ip_forward; exit 0", (spec) => {
    spec.root!.path = root;
    spec.mounts = spec.mounts!.filter(({ destination }) => destination !== "/proc");
    spec.linux!.sysctl = { "net.ipv4.ip_forward": "1" };
    spec.linux!.maskedPaths = [];
    spec.linux!.readonlyPaths = [];
  });
  expect(without).not.toBe("1");
  expect(readFileSync("/proc/sys/kernel/core_pattern", "utf8")).toBe(before);
});

test("device nodes and links of config.json stay in the root, whatever /dev is", async () => {
  const outside = join(bench.folder, "outside-dev");
  mkdirSync(outside);
  const root = join(bench.folder, "linked-dev");
  Bun.spawnSync(["cp", "-a", bench.root, root]);
  rmSync(join(root, "dev"), { recursive: true, force: true });
  symlinkSync(`../../../../../../..${outside}`, join(root, "dev"));
  await bench.sh("true", (spec) => {
    spec.root!.path = root;
    spec.mounts = spec.mounts!.filter(({ destination }) => !destination.startsWith("/dev"));
    spec.linux!.devices = [{ path: "/dev/evil", type: "c", major: 1, minor: 3 }];
  });
  expect(readdirSync(outside)).toEqual([]);
  expect(existsSync(join(root, outside, "evil"))).toBe(true);
});

test("a container that puts something else in the place of /dev/null does not become the owner of the host's", async () => {
  const id = await bench.sleeping();
  const { uid, gid } = statSync("/dev/null");
  try {
    expect((await bench.runc(["exec", id, "sh", "-c", "rm /dev/null && touch /dev/null"])).code).toBe(0);
    // stdin is the host's null device.
    expect((await bench.runc(["exec", "-u", "1000:1000", id, "true"])).code).toBe(0);
    expect(statSync("/dev/null")).toMatchObject({ uid, gid });
  } finally {
    chownSync("/dev/null", uid, gid);
    await bench.kill(id);
  }
});

test("names in config.json that become files of a cgroup stay in the container's; nobody gets root by -1 or by a word", async () => {
  for (const cgroupsPath of ["/", "/.", "/./", "/../x", "a/../../.."])
    expect(await bench.sh("true", (spec) => Object.assign(spec.linux!, { cgroupsPath }))).toContain(
      "cgroup path",
    );
  for (const pageSize of ["/../../x", "2MB/../x"])
    expect(
      await bench.sh("true", (spec) => {
        spec.linux!.resources!.hugepageLimits = [{ pageSize, limit: 1 }];
      }),
    ).toContain("must be a file name");
  for (const uid of [-1, 2 ** 32 - 1, "x", 1.5, null, true])
    expect(await bench.sh("id -u", ({ process }) => Object.assign(process!.user, { uid }))).toMatch(
      uid === null ? /^0$/ : /process\.user\.uid: want a number/,
    );
});
