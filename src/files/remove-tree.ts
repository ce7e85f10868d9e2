import { readdirSync, rmSync } from "node:fs";
import { EngineError } from "../errors/errors.ts";

/** Up to so many files are removed at once, because a process would take longer to start. */
const FEW = 200;

/** Removes a folder with all that is in it; a large one by a process of its own, so that others are served meanwhile. */
export async function removeTree(path: string): Promise<void> {
  if (countUpTo(FEW, path) < FEW) {
    rmSync(path, { recursive: true, force: true });
    return;
  }
  const child = Bun.spawn(["rm", "-rf", "--", path], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const said = new Response(child.stderr).text();
  if ((await child.exited) !== 0)
    throw new EngineError("system", `cannot remove ${path}: ${(await said).trim()}`);
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
