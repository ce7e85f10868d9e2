/** At start: every bundle that a former daemon left is looked at; tasks that live go on under this one. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../errors/errors.ts";
import { Bundle } from "./bundle.ts";
import { connectTask, tryFollowLog } from "./connect.ts";
import { DeadShims } from "./dead-shim.ts";
import type { TaskManager } from "./manager.ts";
import type { Task } from "./task.ts";

const ANSWER_TIMEOUT = 5_000;
const AT_A_TIME = 16;

export interface Recovered {
  adopted: number;
  cleaned: number;
}

/** Never fails for the sake of one bundle. Returns when each has been adopted or cleaned. */
export async function recoverTasks(manager: TaskManager): Promise<Recovered> {
  const result: Recovered = { adopted: 0, cleaned: 0 };
  const bundles = findBundles(manager);
  const worker = async () => {
    for (let bundle = bundles.pop(); bundle; bundle = bundles.pop()) {
      if (await recoverOne(manager, bundle)) result.adopted++;
      else result.cleaned++;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return result;
}

function foldersOf(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}

/** A name that begins with a dot is what a crash left of a removal. */
function findBundles(manager: TaskManager): Bundle[] {
  const { layout } = manager.options;
  const bundles: Bundle[] = [];
  for (const namespace of foldersOf(layout.bundles)) {
    for (const id of foldersOf(join(layout.bundles, namespace))) {
      if (id.startsWith(".")) rmSync(join(layout.bundles, namespace, id), { recursive: true, force: true });
      else bundles.push(new Bundle(layout, namespace, id));
    }
  }
  return bundles;
}

/** Returns whether the task lives. */
async function recoverOne(manager: TaskManager, bundle: Bundle): Promise<boolean> {
  const { log, programs } = manager.options;
  const { namespace, id } = bundle;
  const shim = bundle.shimPath() ?? programs.shim;
  let pid = 0;
  try {
    const task = await reconnect(manager, bundle, shim);
    pid = task.pid ?? 0;
    manager.adopt(task, pid);
    log.info("task adopted", { id, namespace, pid });
    return true;
  } catch (error) {
    log.warn("task lost with its shim, cleaning up", { id, namespace, error: messageOf(error) });
  }
  try {
    await new DeadShims(manager.options).bury({ namespace, id, bundle, shim, pid, exit: undefined }, true);
  } catch (error) {
    log.error("bundle could not be cleaned", { path: bundle.path, error: messageOf(error) });
  }
  return false;
}

/** Errors when nobody serves the task any more, or the shim has no task: then it died before create. */
async function reconnect(manager: TaskManager, bundle: Bundle, shim: string): Promise<Task> {
  const address = bundle.address();
  if (address === undefined) throw new Error("no address in the bundle: the shim was never started");
  const stopLog = tryFollowLog(bundle);
  let task: Task | undefined;
  try {
    task = await connectTask(bundle, shim, address, stopLog, (lost) => manager.shimLost(lost));
    const state = await task.rpc.state({ id: bundle.id }, { timeout: ANSWER_TIMEOUT });
    task.pid = state.pid;
    return task;
  } catch (error) {
    await letGo(task, stopLog);
    throw error;
  }
}

async function letGo(task: Task | undefined, stopLog: () => void): Promise<void> {
  stopLog();
  if (!task) return;
  task.deleting = true;
  // Not at once: it may serve other tasks.
  await task.rpc.shutdown({ id: task.id, now: false }, { timeout: ANSWER_TIMEOUT }).catch(() => {});
  task.connection.close();
}
