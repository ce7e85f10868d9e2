/** Checks that must pass before anything is changed on the machine, each failing with one line. */
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { conflict, errnoOf, forbidden } from "../errors/errors.ts";
import { writeAtomic } from "../files/atomic.ts";
import { tryLock } from "../linux/flock.ts";
import type { Config, Layout } from "./config.ts";

/** Whom the kernel ends first when memory runs out. Errors: forbidden where a score may not be lowered. */
export function setOOMScore(score: number): void {
  if (score === 0) return;
  try {
    writeFileSync("/proc/self/oom_score_adj", String(score));
  } catch (cause) {
    throw forbidden(`set oom_score to ${score}: ${errnoOf(cause)}: lowering needs CAP_SYS_RESOURCE`, {
      cause,
    });
  }
}

/** Errors: forbidden. */
export function checkRoot(): void {
  if (process.geteuid?.() !== 0)
    throw forbidden(
      "docker-containerd needs root privileges, to mount and to make namespaces: run it as root",
    );
}

/** Whether somebody answers at a unix socket. */
export function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}

/** Errors: conflict when another daemon serves there. */
export async function checkSocketFree(path: string): Promise<void> {
  if (await isServed(path))
    throw conflict(
      `listen on ${path}: another process already serves this socket: stop it, or give another one with --listen`,
    );
}

/** Holds the root folder for this process. Errors: conflict when another daemon has it. */
export function lockRoot(root: string): () => void {
  mkdirSync(root, { recursive: true, mode: 0o711 });
  const lock = tryLock(root);
  if (lock) return () => lock.release();
  throw conflict(
    `root folder ${root} is in use by another docker-containerd: stop it, or give another folder with --root`,
  );
}

/** Removes what a dead daemon left at a socket's path; call it with the root folder locked. */
export function removeStaleSocket(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
  rmSync(path, { force: true });
}

/** Leaves the socket to its owner and group alone. */
export function protectSocket(path: string, { socketUid, socketGid }: Config): void {
  chmodSync(path, 0o660);
  chownSync(path, socketUid, socketGid);
}

/** The folders, with the modes that let a user namespace's root walk through them but not list them. */
export function makeFolders(config: Config, layout: Layout): void {
  for (const folder of [config.root, config.state, layout.bundles, layout.work])
    mkdirSync(folder, { recursive: true, mode: 0o711 });
  for (const folder of [dirname(layout.database), layout.content, dirname(layout.uuid)])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** The server's id, which stays with its root folder. */
export function serverUuid(layout: Layout): string {
  try {
    return readFileSync(layout.uuid, "utf8").trim();
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
  const uuid = crypto.randomUUID();
  mkdirSync(join(layout.uuid, ".."), { recursive: true, mode: 0o700 });
  writeAtomic(layout.uuid, uuid);
  return uuid;
}
