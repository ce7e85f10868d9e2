import { readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { EngineError, errnoOf } from "../errors/errors.ts";

/** Up to so many files are removed at once, because a process would take longer to start. */
const FEW = 200;

/** How long a helper of a killed daemon, such as a copy under way, may still put something into the folder. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 20;

/** Removes a folder with all that is in it; a large one by a process of its own, so that others are served meanwhile. */
export async function removeTree(path: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let why = await remove(path); why !== undefined; why = await remove(path)) {
    if (!why.includes("ot empty") || performance.now() > deadline)
      throw new EngineError("system", `cannot remove ${path}: ${why}`);
    await Bun.sleep(PAUSE_MS);
  }
}

/** Undefined when it is gone, else why it is not. */
async function remove(path: string): Promise<string | undefined> {
  if (countUpTo(FEW, path) < FEW) {
    try {
      // Not in this thread: on a disk that is busy each file takes its time, and many may be removed at once.
      await rm(path, { recursive: true, force: true });
      return undefined;
    } catch (error) {
      if (errnoOf(error) === "ENOTEMPTY") return "Directory not empty";
      throw error;
    }
  }
  const child = Bun.spawn(["rm", "-rf", "--", path], {
    env: { ...process.env, LC_ALL: "C" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const said = new Response(child.stderr).text();
  return (await child.exited) === 0 ? undefined : (await said).trim();
}

/** Entries below a folder, counted only as far as `most`. */
function countUpTo(most: number, path: string): number {
  let count = 0;
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (++count >= most) return;
      if (entry.isDirectory()) walk(`${folder}/${entry.name}`);
    }
  };
  try {
    walk(path);
  } catch {
    // Gone, or not a folder: removing it tells.
  }
  return count;
}
