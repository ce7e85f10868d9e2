import { accessSync, constants, existsSync, mkdirSync, realpathSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { conflict, failedPrecondition, forbidden, messageOf } from "../../errors/errors.ts";
import { tryLock } from "../../linux/flock.ts";

/** Errors: forbidden. */
export function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw forbidden("dockerd needs to be started with root privileges: run it as root, or with sudo");
}

/**
 * Makes the data root if it is not there, and locks it against a second daemon for as long as this process lives.
 * Returns the function that lets go of it, and takes away the folders it made if they are still empty.
 * Errors: conflict.
 */
export function claimDataRoot(path: string): () => void {
  const made = makeFolders(path);
  const undo = () => removeEmpty(made);
  const root = realpathSync(path);
  const lock = tryLock(root);
  if (lock) {
    return () => {
      lock.release();
      undo();
    };
  }
  undo();
  throw conflict(
    `another dockerd is using the data root ${root}: stop it first, or choose another folder with --data-root`,
  );
}

/** mkdir -p that tells which folders it made, outermost first. */
function makeFolders(path: string): string[] {
  const missing: string[] = [];
  for (let at = path; !existsSync(at); at = dirname(at)) missing.unshift(at);
  try {
    for (const folder of missing) mkdirSync(folder, { mode: 0o710 });
  } catch (error) {
    throw failedPrecondition(`cannot make the data root ${path}: ${messageOf(error)}`, { cause: error });
  }
  return missing;
}

function removeEmpty(folders: string[]): void {
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}

/** The program beside this executable, or else in PATH. */
export function findProgram(name: string): string | undefined {
  const folders = [dirname(process.execPath), ...(process.env["PATH"] ?? "").split(":")];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** findProgram, or the error that says where it was looked for. */
export function requireProgram(name: string, cure: string): string {
  const found = findProgram(name);
  if (found !== undefined) return found;
  throw failedPrecondition(
    `${name} not installed on system: not found beside ${process.execPath} nor in PATH=${process.env["PATH"] ?? ""} (${cure})`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
