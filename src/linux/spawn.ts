/**
 * Child processes by posix_spawn(3): no helper thread, no pipes, nothing inherited but the descriptors
 * that are named. The caller reaps the child (see wait.ts).
 */

import { closeFd, dupAbove } from "./fd.ts";
import { check, cstring, libc, SyscallError } from "./libc.ts";
import { StringBlock } from "./string-block.ts";

export interface SpawnOptions {
  /** The file to execute; no search along PATH. */
  path: string;
  /** All arguments, argv[0] included. */
  argv: readonly string[];
  env: readonly string[];
  /** Descriptor n of the child is the caller's fds[n]; all others are closed. */
  fds: readonly number[];
  cwd?: string;
  /** Its own session, so that signals to the caller's terminal or group do not reach it. */
  setsid?: boolean;
}

// glibc, 64 bit: sizeof(posix_spawn_file_actions_t), sizeof(posix_spawnattr_t), sizeof(sigset_t).
const ACTIONS_SIZE = 80;
const ATTRIBUTES_SIZE = 336;
const SIGSET_SIZE = 128;
const SETSIGDEF = 0x04;
const SETSIGMASK = 0x08;
const SETSID = 0x80;

function open() {
  return libc({
    posix_spawn: { args: ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
    posix_spawn_file_actions_init: { args: ["ptr"], returns: "i32" },
    posix_spawn_file_actions_adddup2: { args: ["ptr", "i32", "i32"], returns: "i32" },
    posix_spawn_file_actions_addclosefrom_np: { args: ["ptr", "i32"], returns: "i32" },
    posix_spawn_file_actions_addchdir_np: { args: ["ptr", "ptr"], returns: "i32" },
    posix_spawn_file_actions_destroy: { args: ["ptr"], returns: "i32" },
    posix_spawnattr_init: { args: ["ptr"], returns: "i32" },
    posix_spawnattr_setflags: { args: ["ptr", "i16"], returns: "i32" },
    posix_spawnattr_setsigdefault: { args: ["ptr", "ptr"], returns: "i32" },
    posix_spawnattr_setsigmask: { args: ["ptr", "ptr"], returns: "i32" },
    posix_spawnattr_destroy: { args: ["ptr"], returns: "i32" },
  });
}

let opened: ReturnType<typeof open> | undefined;
const c = () => (opened ??= open());

type PosixSpawn = ReturnType<typeof openSpawn>;
let posixSpawn: PosixSpawn | undefined;

function openSpawn() {
  return libc({ posix_spawn: { args: ["ptr", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" } })
    .posix_spawn;
}

/**
 * Starts a program that gets the descriptors that are not close-on-exec, by their own numbers, and signals as they are
 * here: for one that puts both in order by itself. Spares a fast start half of what spawn() takes. Throws a SyscallError
 * when it cannot be executed.
 */
export function spawnInheriting(path: string, argv: readonly string[]): number {
  posixSpawn ??= openSpawn();
  const pid = new Int32Array(1);
  const block = new StringBlock([path, ...argv]);
  const pointers = block.pointers(1, 1 + argv.length);
  must(posixSpawn(pid, block.bytes, null, null, pointers, pointers.subarray(argv.length)), path);
  return check(pid[0] ?? -1, "posix_spawn", path);
}

/** posix_spawn and its kin return the error instead of setting errno. */
function must(result: number, what: string): void {
  if (result !== 0) throw new SyscallError("posix_spawn", result, what);
}

function prepareAttributes(attributes: Uint8Array, setsid: boolean): void {
  const none = new Uint8Array(SIGSET_SIZE);
  const all = new Uint8Array(SIGSET_SIZE).fill(0xff);
  must(c().posix_spawnattr_init(attributes), "attributes");
  must(c().posix_spawnattr_setsigmask(attributes, none), "signal mask");
  must(c().posix_spawnattr_setsigdefault(attributes, all), "default signals");
  must(c().posix_spawnattr_setflags(attributes, SETSIGDEF | SETSIGMASK | (setsid ? SETSID : 0)), "flags");
}

/** Starts a program and returns its process id at once. Throws a SyscallError when it cannot be executed. */
export function spawn(options: SpawnOptions): number {
  const actions = new Uint8Array(ACTIONS_SIZE);
  const attributes = new Uint8Array(ATTRIBUTES_SIZE);
  const pid = new Int32Array(1);
  const cwd = options.cwd === undefined ? undefined : cstring(options.cwd);
  const argc = options.argv.length;
  const block = new StringBlock([options.path, ...options.argv, ...options.env]);
  const argv = block.pointers(1, 1 + argc);
  const env = block.pointers(1 + argc, 1 + argc + options.env.length);
  // A source below the count could be overwritten by an earlier dup2 before its turn comes.
  const raised: number[] = [];
  const sources = options.fds.map((fd) => {
    if (fd >= options.fds.length) return fd;
    const copy = dupAbove(fd, options.fds.length);
    raised.push(copy);
    return copy;
  });
  const a = actions;
  must(c().posix_spawn_file_actions_init(a), "actions");
  prepareAttributes(attributes, options.setsid === true);
  try {
    sources.forEach((fd, i) => {
      must(c().posix_spawn_file_actions_adddup2(a, fd, i), `dup2 ${fd}`);
    });
    must(c().posix_spawn_file_actions_addclosefrom_np(a, sources.length), "closefrom");
    if (cwd !== undefined) must(c().posix_spawn_file_actions_addchdir_np(a, cwd), "chdir");
    must(c().posix_spawn(pid, block.bytes, a, attributes, argv, env), options.path);
  } finally {
    c().posix_spawn_file_actions_destroy(a);
    c().posix_spawnattr_destroy(attributes);
    for (const fd of raised) closeFd(fd);
  }
  return check(pid[0] ?? -1, "posix_spawn", options.path);
}
