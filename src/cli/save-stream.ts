import { closeSync, lstatSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "../errors/errors.ts";
import type { Cli } from "./cli.ts";
import { writeFully } from "./terminal/output.ts";

/** What the engine sends. */
interface Sent {
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Writes what the engine sends to a file, which appears under its name when it is whole, or to stdout. Nothing is asked
 * of the engine before there is a place to write to. `what` names the action in errors: "failed to export container".
 */
export async function saveStream(
  cli: Cli,
  path: string | undefined,
  what: string,
  open: () => Promise<Sent>,
): Promise<void> {
  if (!path) {
    if (cli.isTerminal(1))
      throw new Error("cowardly refusing to save to a terminal. Use the -o flag or redirect");
    await copyTo(1, await open());
    return;
  }
  checkOutput(path, what);
  const partial = `${dirname(path)}/.tmp-${process.pid}-${Date.now()}`;
  const fd = openSync(partial, "wx", 0o600);
  try {
    await copyTo(fd, await open());
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

async function copyTo(fd: number, response: Sent): Promise<void> {
  for await (const chunk of response.body) writeFully(fd, chunk);
}

function checkOutput(path: string, what: string): void {
  const fail = (why: string) => new Error(`failed to ${what}: ${why}`);
  const folder = dirname(path);
  try {
    if (!statSync(folder).isDirectory()) throw fail(`invalid output path: stat ${folder}: not a directory`);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    throw fail(`invalid output path: stat ${folder}: no such file or directory`);
  }
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) throw fail("cannot write to a directory");
  if (there?.isSymbolicLink()) throw fail("cannot write to a symbolic link directly");
  if (there?.isCharacterDevice()) throw fail("cannot write to a character device file");
  if (there?.isBlockDevice()) throw fail("cannot write to a block device file");
  if (there && !there.isFile()) throw fail("cannot write to an irregular file");
}
