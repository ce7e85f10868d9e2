/**
 * The shim's contract beyond stock 1.6: the flags and answers of `start`, groups, and what containerd 1.7 and 2.x do
 * otherwise (versions of the answer, containerd.task.v3, bootstrap.json), of which no stock program is at hand.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dockerSpec, makeBundle } from "../hack/lib/bundle.ts";
import { runCommand } from "../hack/lib/command.ts";
import { taskClient } from "../src/containerd/tasks/task-client.ts";
import { kindOf, messageOf } from "../src/errors/errors.ts";
import { Options } from "../src/proto/containerd/runc/v1/options.ts";
import { Client } from "../src/ttrpc/client.ts";
import { removeCgroup } from "./lib/cgroups.ts";
import { importBusybox, startContainerd } from "./lib/containerd.ts";
import { BIN, eventually } from "./lib/engine.ts";

const SHIM = join(BIN, "docker-containerd-shim");
const LONG = 60_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync("/tmp/pequod-contract-");
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  removeCgroup(`pequod-contract-${process.pid}`);
});

function bundle(id: string, annotations: Record<string, string> = {}): string {
  const path = join(folder, id);
  const spec = dockerSpec(["sleep", "1000"], `/pequod-contract-${process.pid}/${id}`);
  makeBundle(path, { ...spec, annotations });
  return path;
}

/** Runs the shim's `start` as containerd does, and returns what it printed. */
async function start(id: string, flags: string[] = [], env: Record<string, string> = {}): Promise<string> {
  const contract = ["-namespace", "test", "-address", join(folder, "c.sock"), "-publish-binary", "/bin/true"];
  const { code, stdout, stderr } = await runCommand([SHIM, ...contract, "-id", id, ...flags, "start"], {
    cwd: join(folder, id),
    env: { ...process.env, TTRPC_ADDRESS: join(folder, "events.sock"), ...env },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

async function shutDown(address: string, id: string): Promise<void> {
  const client = await Client.connect(address);
  await taskClient(client).shutdown({ id, now: true });
  client.close();
  await eventually(
    "the socket is gone",
    () => existsSync(address.replace("unix://", "")),
    (there) => !there,
  );
}

describe("start", () => {
  test("prints the bare address for containerd up to 2.x, which all ask for version 2", async () => {
    bundle("plain");
    const printed = await start("plain", ["-debug"], { MAX_SHIM_VERSION: "2" });
    expect(printed).toMatch(/^unix:\/\/\/run\/containerd\/s\/[0-9a-f]{64}$/);
    expect(readFileSync(join(folder, "plain/address"), "utf8")).toBe(printed);
    expect(readFileSync(join(folder, "plain/shim.pid"), "utf8")).toMatch(/^\d+$/);
    // Again, for a container that has one: the same.
    expect(await start("plain")).toBe(printed);
    await shutDown(printed, "plain");
  });

  test("prints version, address and protocol for whoever asks for version 3", async () => {
    bundle("third");
    const printed = JSON.parse(await start("third", [], { MAX_SHIM_VERSION: "3" })) as { address: string };
    expect(printed).toEqual({
      version: 3,
      address: expect.stringContaining("unix:///run/containerd/s/"),
      protocol: "ttrpc",
    } as never);
    await shutDown(printed.address, "third");
  });

  test("puts what has the same group, or the same sandbox, into one shim", async () => {
    bundle("first", { "io.containerd.runc.v2.group": "g" });
    bundle("second", { "io.containerd.runc.v2.group": "g" });
    bundle("other", { "io.containerd.runc.v2.group": "h" });
    bundle("sandbox", { "io.kubernetes.cri.sandbox-id": "pod" });
    bundle("in-it", { "io.kubernetes.cri.sandbox-id": "pod" });
    const [first, second, other, sandbox, inIt] = [
      await start("first"),
      await start("second"),
      await start("other"),
      await start("sandbox"),
      await start("in-it"),
    ];
    expect(second).toBe(first);
    expect(inIt).toBe(sandbox);
    expect(new Set([first, other, sandbox]).size).toBe(3);
    for (const [address, id] of [
      [first, "first"],
      [other, "other"],
      [sandbox, "sandbox"],
    ] as const)
      await shutDown(address, id);
  });
});

test(
  "containerd.task.v3 is the same service: a container's whole life by it, and what is not there",
  async () => {
    const path = bundle("life");
    const address = await start("life");
    const client = await Client.connect(address);
    const v3 = taskClient(client, 3);
    const value = Options.encode({ binaryName: join(BIN, "docker-runc"), root: join(folder, "runc") });
    const id = "life";
    const { pid } = await v3.create({
      id,
      bundle: path,
      options: { typeUrl: "containerd.runc.v1.Options", value },
    });
    expect(pid).toBeGreaterThan(0);
    expect((await v3.start({ id })).pid).toBe(pid);
    expect(await v3.state({ id })).toMatchObject({ id, pid, status: 2 });
    // Both versions speak of the same containers.
    expect(await taskClient(client).state({ id })).toMatchObject({ id, pid, status: 2 });
    expect((await v3.pids({ id })).processes.map((process) => process.pid)).toContain(pid);
    expect(await v3.connect({ id })).toMatchObject({ taskPid: pid });
    await v3.kill({ id, signal: 9 });
    expect(await v3.wait({ id })).toMatchObject({ exitStatus: 137 });
    expect(await v3.delete({ id })).toMatchObject({ pid, exitStatus: 137 });
    const refused = await client.call("containerd.task.v9.Task", "State", new Uint8Array(0)).then(
      () => undefined,
      (error: unknown) => [kindOf(error), messageOf(error)],
    );
    expect(refused?.[0]).toBe("notImplemented");
    await v3.shutdown({ id, now: true });
    client.close();
  },
  LONG,
);

test(
  "docker-containerd with a shim that answers as containerd 2.x' does: spoken with in v3, and found again",
  async () => {
    const shim = join(folder, "containerd-shim-new-v2");
    writeFileSync(shim, `#!/bin/sh\nMAX_SHIM_VERSION=3 exec ${SHIM} "$@"\n`);
    chmodSync(shim, 0o755);
    const containerd = await startContainerd({ flags: ["--shim", shim] });
    try {
      const image = await importBusybox(containerd);
      await containerd.ok("run", "-d", "--null-io", image, "new", "sleep", "1000");
      const path = join(containerd.folder, "state/io.containerd.runtime.v2.task/default/new");
      const kept = JSON.parse(readFileSync(join(path, "bootstrap.json"), "utf8")) as { address: string };
      expect(kept).toMatchObject({ version: 3, protocol: "ttrpc" });
      // Shims of 2.x leave no other note.
      rmSync(join(path, "address"));
      await containerd.kill();
      await containerd.start();
      expect(await containerd.ok("tasks", "ls")).toMatch(/new\s+\d+\s+RUNNING/);
      await containerd.ok("tasks", "kill", "-s", "KILL", "new");
      await eventually(
        "stopped",
        () => containerd.ok("tasks", "ls"),
        (text) => text.includes("STOPPED"),
      );
      await containerd.ok("tasks", "rm", "new");
      await containerd.ok("containers", "rm", "new");
      expect(existsSync(path)).toBe(false);
      writeFileSync(shim, `#!/bin/sh\necho '{"version":9,"address":"unix:///x","protocol":"ttrpc"}'\n`);
      const refused = await containerd.ctr(["run", "--rm", image, "newer", "true"]);
      expect(refused.stderr).toContain("unsupported shim version (9)");
      expect(await containerd.ok("containers", "ls", "-q")).toBe("");
    } finally {
      await containerd.stop();
    }
  },
  LONG,
);

test("delete has the runtime called again that was killed at it", async () => {
  const path = bundle("killed");
  const root = join(folder, "runc-killed");
  const runc = join(BIN, "docker-runc");
  const runtime = join(folder, "killed-once");
  writeFileSync(
    runtime,
    `#!/bin/sh\n[ -e ${folder}/was-killed ] || { : > ${folder}/was-killed; kill -9 $$; }\nexec ${runc} "$@"\n`,
  );
  chmodSync(runtime, 0o755);
  writeFileSync(join(path, "options.json"), JSON.stringify({ binary_name: runtime, root }));
  const pidFile = join(path, "init.pid");
  const create = [
    runc,
    "--root",
    join(root, "test"),
    "create",
    "--bundle",
    path,
    "--pid-file",
    pidFile,
    "killed",
  ];
  expect(await Bun.spawn(create, { stdio: ["ignore", "ignore", "ignore"] }).exited).toBe(0);
  const pid = readFileSync(pidFile, "utf8");
  const contract = ["-namespace", "test", "-address", join(folder, "c.sock"), "-publish-binary", "/bin/true"];
  const removed = await runCommand([SHIM, ...contract, "-id", "killed", "-bundle", path, "delete"], {
    cwd: path,
  });
  expect({ code: removed.code, stderr: removed.stderr }).toEqual({ code: 0, stderr: "" });
  expect(existsSync(join(folder, "was-killed"))).toBe(true);
  expect(existsSync(join(root, "test/killed"))).toBe(false);
  await eventually(
    "the container's process is gone",
    () => existsSync(`/proc/${pid}`),
    (there) => !there,
  );
});
