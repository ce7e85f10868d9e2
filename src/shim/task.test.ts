import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { becomeSubreaper } from "../linux/prctl.ts";
import { Options } from "../proto/containerd/runc/v1/options.ts";
import { CreateTaskRequest } from "../proto/containerd/task/v2/shim.ts";
import { Process } from "./process.ts";
import { Reaper } from "./reaper.ts";
import { Runtime } from "./runtime.ts";
import { Task } from "./task.ts";

/** A runtime whose containers are gone when they are to be deleted, as after a checkpoint that ended them. */
const RUNTIME = `#!/bin/sh
for word; do
  case $before in --log) log=$word ;; --pid-file) pid=$word ;; esac
  case $word in create | delete) command=$word ;; esac
  before=$word
done
case $command in
create) sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >"$pid" ;;
delete) echo '{"level":"error","msg":"container does not exist"}' >>"$log"; exit 1 ;;
esac
`;

const reaper = new Reaper();
const bundle = mkdtempSync("/tmp/pequod-task-");
let stop: () => void;
let alive: ReturnType<typeof setInterval>;
beforeAll(() => {
  becomeSubreaper();
  stop = reaper.start();
  alive = setInterval(() => {}, 1000);
  writeFileSync(join(bundle, "runtime"), RUNTIME);
  chmodSync(join(bundle, "runtime"), 0o755);
  writeFileSync(join(bundle, "config.json"), '{"linux":{"namespaces":[{"type":"pid"}]}}');
});
afterAll(() => {
  clearInterval(alive);
  stop();
  rmSync(bundle, { recursive: true, force: true });
});

test("a task whose container a checkpoint has removed is deleted, and not said to be unknown", async () => {
  const binary = join(bundle, "runtime");
  const runtime = new Runtime({ binary, root: bundle, bundle, systemdCgroup: false }, reaper);
  const options = Options.decode(new Uint8Array(0));
  const request = CreateTaskRequest.decode(CreateTaskRequest.encode({ id: "one", bundle }));
  const context = { namespace: "x", reaper, runtime, options, onExit: () => {} };
  const task = new Task(new Process("one", request), bundle, "", context);
  await task.create(request);
  await task.start("", () => {});
  await task.kill("", 9, false);
  await task.init.ended();
  await task.delete("");
  expect([task.init.state, task.init.exit?.status]).toEqual(["deleted", 137]);
});
