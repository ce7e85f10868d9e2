import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { exampleSpec, rootlessSpec } from "../example-spec.ts";
import { checkBundle } from "./check.ts";

const folder = mkdtempSync("/tmp/check-");
mkdirSync(`${folder}/rootfs`);
afterAll(() => rmSync(folder, { recursive: true }));

async function pointers(config: unknown): Promise<string[]> {
  writeFileSync(`${folder}/config.json`, typeof config === "string" ? config : JSON.stringify(config));
  const problems = await checkBundle(folder);
  for (const { problem, cure } of problems) expect(problem !== "" && cure !== "").toBe(true);
  return problems.map(({ pointer }) => pointer);
}

test("checkBundle() finds nothing in what spec writes", async () => {
  expect(await pointers(exampleSpec())).toEqual([]);
  expect(await pointers(rootlessSpec(1000, 1000))).toEqual([]);
});

test("checkBundle() reports wrong types, and everything else beside them", async () => {
  expect(await pointers("{")).toEqual([""]);
  expect(await pointers([])).toEqual([""]);
  const config = {
    ...exampleSpec(),
    ociVersion: "7.0",
    mounts: {},
    root: 5,
    process: {
      args: ["a", 1],
      cwd: 2,
      user: { uid: "0" },
      env: ["A=1", 2, "NOVALUE"],
      rlimits: [{ type: 1 }],
    },
  };
  expect(await pointers(config)).toEqual([
    "/process/user/uid",
    "/process/args/1",
    "/process/env/1",
    "/process/cwd",
    "/process/rlimits/0/type",
    "/root",
    "/mounts",
    "/ociVersion",
    "/process/env/2",
    "/process/rlimits/0",
  ]);
});

test("checkBundle() goes on whatever has a wrong type", async () => {
  const wrong = [5, "text", true, [], [5], [[]], { x: 5 }];
  const places = ["process", "root", "mounts", "hooks", "linux", "annotations"];
  for (const place of places)
    for (const value of wrong) {
      const found = await pointers({ ...exampleSpec(), ociVersion: "7.0", [place]: value });
      expect(found).toContain("/ociVersion");
    }
  for (const member of Object.keys({
    ...exampleSpec().linux,
    seccomp: 0,
    resources: 0,
    devices: 0,
    intelRdt: 0,
  }))
    for (const value of wrong) {
      const linux = { ...exampleSpec().linux, [member]: value, rootfsPropagation: "sideways" };
      const found = await pointers({ ...exampleSpec(), linux });
      if (member !== "rootfsPropagation") expect(found).toContain("/linux/rootfsPropagation");
    }
});

test("checkBundle() reports every problem, not only the first", async () => {
  const spec = exampleSpec();
  spec.ociVersion = "2.0.0";
  spec.process!.args = [];
  spec.process!.env = ["NOVALUE"];
  spec.process!.capabilities!.bounding = ["CAP_NO~NE/SUCH"];
  spec.process!.rlimits = [{ type: "RLIMIT_NOFILE", soft: 9, hard: 1 }];
  spec.root!.path = "nowhere";
  spec.mounts!.push({ destination: "/x", type: "bind", source: "/none/such" });
  spec.mounts!.push({ destination: "/proc/x", type: "tmpfs", source: "tmpfs" });
  spec.hooks = { prestart: [{ path: "relative" }] };
  spec.linux!.namespaces!.push({ type: "pid" }, { type: "user" });
  spec.linux!.sysctl = { "kernel.panic": "1" };
  spec.linux!.devices = [{ path: "/dev/x", type: "z" as "c" }];
  spec.linux!.rootfsPropagation = "sideways" as "shared";
  const count = exampleSpec().mounts!.length;
  expect((await pointers(spec)).toSorted()).toEqual(
    [
      "/ociVersion",
      "/process/args",
      "/process/env/0",
      "/process/capabilities/bounding/0",
      "/process/rlimits/0",
      "/root/path",
      `/mounts/${count}/source`,
      `/mounts/${count + 1}`,
      "/hooks/prestart/0/path",
      "/linux/namespaces/6",
      "/linux/uidMappings",
      "/linux/gidMappings",
      "/linux/sysctl/kernel.panic",
      "/linux/devices/0",
      "/linux/rootfsPropagation",
    ].toSorted(),
  );
});
