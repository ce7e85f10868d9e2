import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { conflict } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";

/** Errors: conflict when the file names a process that lives and is not this one. */
export function checkPidFile(path: string): void {
  const pid = readPid(path);
  if (pid === undefined || pid === process.pid || !existsSync(`/proc/${pid}`)) return;
  throw conflict(
    `pid file found, ensure docker is not running or delete ${path} (it names process ${pid}, which is alive; another -p gives this daemon its own)`,
  );
}

/** Writes our process id; returns the function that removes the file again. */
export function writePidFile(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true });
  writeAtomic(path, String(process.pid), { durability: "crash" });
  return () => {
    if (readPid(path) === process.pid) rmSync(path, { force: true });
  };
}

/** The process that a pid file names. */
export function readPid(path: string): number | undefined {
  if (!existsSync(path)) return undefined;
  const pid = Number.parseInt(readFileSync(path, "utf8").trim(), 10);
  return pid > 0 ? pid : undefined;
}
