/** What ctr's flags for classes of Intel RDT, AppArmor's default profile and GPUs make of a specification, as stock's do. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Spec } from "../src/oci/runtime-spec.ts";
import { importBusybox, startContainerd, type TestContainerd, type Tool } from "./lib/containerd.ts";
import { BIN } from "./lib/engine.ts";

const IMAGE = "docker.io/library/busybox:latest";
const TOOLS: Tool[] = ["ctr", "docker-containerd-ctr"];

let containerd: TestContainerd;
const at = (name: string) => join(containerd.folder, name);

/** A program that writes down what it is called with, and what it is told. */
function fakeProgram(name: string, script: string): void {
  mkdirSync(at("fake"), { recursive: true });
  writeFileSync(at(`fake/${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(at(`fake/${name}`), 0o755);
}

beforeAll(async () => {
  containerd = await startContainerd();
  await importBusybox(containerd);
  fakeProgram("nvidia-container-cli", `echo "$@" > ${at("gpus")}`);
  // Stock's asks for the version first.
  fakeProgram(
    "apparmor_parser",
    `[ "$1" = --version ] && echo "AppArmor parser version 3.0.8" && exit; cat $2 - < /dev/stdin > ${at("profile")}`,
  );
});
afterAll(() => containerd.stop());

/** In a mount namespace of its own, in which the kernel seems to have AppArmor, with the profile "there". */
async function run(tool: Tool, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const apparmor = "mount -t tmpfs t /sys/kernel/security && mkdir /sys/kernel/security/apparmor";
  const there = 'echo "there (enforce)" > /sys/kernel/security/apparmor/profiles';
  const program = tool === "ctr" ? "ctr" : join(BIN, tool);
  const child = Bun.spawn(
    ["unshare", "-m", "sh", "-c", `${apparmor} && ${there} && exec "$@"`, "sh", program]
      .concat(["-a", containerd.socket, "-n", "default"])
      .concat(args),
    {
      env: { ...process.env, PATH: `${at("fake")}:${process.env["PATH"]}` },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, stdout, stderr };
}

/** What one tool puts into the specification for the flags. */
async function specOf(tool: Tool, ...flags: string[]): Promise<Spec> {
  const created = await run(tool, "containers", "create", ...flags, IMAGE, "made", "true");
  expect(created).toMatchObject({ code: 0, stderr: "" });
  const { stdout } = await run(tool, "containers", "info", "--spec", "made");
  await run(tool, "containers", "rm", "made");
  return JSON.parse(stdout) as Spec;
}

test("--rdt-class is a class of linux.intelRdt", async () => {
  for (const tool of TOOLS) {
    expect((await specOf(tool, "--rdt-class", "gold")).linux?.intelRdt).toEqual({ closID: "gold" });
    expect((await specOf(tool, "--rdt-class", "")).linux?.intelRdt).toBeUndefined();
  }
});

test("--gpus is a hook that calls NVIDIA's program for the container", async () => {
  const hooks: string[][] = [];
  for (const tool of TOOLS) {
    const [hook] = (await specOf(tool, "--gpus", "0", "--gpus", "2")).hooks?.prestart ?? [];
    hooks.push(hook!.args!.slice(1));
    const ran = await run(tool, "run", "--rm", "--gpus", "1", IMAGE, "with-gpu", "echo", "ran");
    expect(ran).toMatchObject({ code: 0, stdout: "ran\n" });
    expect(readFileSync(at("gpus"), "utf8")).toMatch(
      /^--load-kmods configure --device=1 .*--display --pid=\d+ \/\S+\/default\/with-gpu\/rootfs\n$/,
    );
    rmSync(at("gpus"));
  }
  expect(hooks[1]).toEqual(hooks[0]);
});

test("--apparmor-default-profile loads Docker's profile under the name, unless there is one", async () => {
  for (const tool of TOOLS) {
    expect((await specOf(tool, "--apparmor-default-profile", "there")).process?.apparmorProfile).toBe(
      "there",
    );
    expect(existsSync(at("profile"))).toBe(false);
    expect((await specOf(tool, "--apparmor-default-profile", "made")).process?.apparmorProfile).toBe("made");
    const profile = readFileSync(at("profile"), "utf8");
    expect(profile).toContain("profile made flags=(attach_disconnected,mediate_deleted) {");
    expect(profile).toContain("signal (send,receive) peer=made,");
    rmSync(at("profile"));
  }
});

test("a profile of one's own and the default one exclude each other", async () => {
  for (const tool of TOOLS) {
    const flags = ["--apparmor-default-profile", "there", "--apparmor-profile", "own"];
    const { code, stderr } = await run(tool, "containers", "create", ...flags, IMAGE, `both-${tool}`, "true");
    expect([code, stderr.trim()]).toEqual([
      1,
      `${tool}: apparmor-profile conflicts with apparmor-default-profile`,
    ]);
  }
});
