import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeNode, S_IFIFO } from "../linux/inode.ts";
import type { Plan } from "./plan/ops.ts";
import { missingNodes, nodesOnRoot, removeNodes } from "./root-nodes.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync("/tmp/pequod-nodes-");
  mkdirSync(join(root, "opt"));
  symlinkSync("/opt", join(root, "link"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const fifo = (path: string) =>
  ({ op: "mknod", tag: "", mode: S_IFIFO | 0o600, major: 0, minor: 0, uid: 0, gid: 0, path }) as const;
const tmpfs = (target: string) => ({
  ...({ op: "mount", tag: "", target, type: "tmpfs", source: "tmpfs", options: "" } as const),
  ...{ attributes: 0, propagation: 0, strict: 0, copyUp: 0 },
});

test("nodes below a mount go with it, others do not", () => {
  const plan: Plan = [tmpfs("/dev"), fifo("/dev/a"), fifo("/devices/b"), fifo("/opt/c")];
  expect(nodesOnRoot(plan).map(({ path }) => path)).toEqual(["/devices/b", "/opt/c"]);
});

test("only nodes that were not there before are removed, wherever links in the root lead", () => {
  makeNode(join(root, "opt/before"), S_IFIFO | 0o600);
  const plan = [fifo("/opt/before"), fifo("/link/new"), fifo("/opt/never"), fifo("/opt/other")];
  const nodes = missingNodes(plan, root);
  makeNode(join(root, "opt/new"), S_IFIFO | 0o600);
  writeFileSync(join(root, "opt/other"), "");
  removeNodes(nodes, root);
  const left = ["before", "new", "other"].filter((name) => existsSync(join(root, "opt", name)));
  expect(left).toEqual(["before", "other"]);
});
