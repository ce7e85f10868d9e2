/** execve(2): another program takes this process over, with its id, its children and the descriptors that are named. */
import { check, libc, prepareErrno, SyscallError } from "./libc.ts";
import { StringBlock } from "./string-block.ts";

const F_SETFD = 2;
const CLOSE_RANGE_CLOEXEC = 4;
const SIG_BLOCK = 0;
const SIG_UNBLOCK = 1;
/** sizeof(sigset_t). */
const SIGSET_SIZE = 128;
const PR_SET_NAME = 15;

function open() {
  prepareErrno();
  return libc({
    fexecve: { args: ["i32", "ptr", "ptr"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
    close_range: { args: ["u32", "u32", "i32"], returns: "i32" },
    pthread_sigmask: { args: ["i32", "ptr", "ptr"], returns: "i32" },
    prctl: { args: ["i32", "ptr", "u64", "u64", "u64"], returns: "i32" },
  });
}

let opened: ReturnType<typeof open> | undefined;
const c = () => (opened ??= open());

/** Of all descriptors from 3 on, these alone stay open over execve. */
export function keepOpen(fds: readonly number[]): void {
  check(c().close_range(3, 0xffffffff, CLOSE_RANGE_CLOEXEC), "close_range");
  for (const fd of fds) check(c().fcntl(fd, F_SETFD, 0), "fcntl", String(fd));
}

function change(how: number, signals: readonly number[]): void {
  const set = new Uint8Array(SIGSET_SIZE);
  for (const signal of signals) set[(signal - 1) >> 3]! |= 1 << ((signal - 1) & 7);
  const failed = c().pthread_sigmask(how, set, null);
  if (failed !== 0) throw new SyscallError("pthread_sigmask", failed);
}

/** Signals of the process wait from now on, if no other thread takes them, over execve as well. */
export const blockSignals = (signals: readonly number[]): void => change(SIG_BLOCK, signals);

/** Lets come what has waited. */
export const unblockSignals = (signals: readonly number[]): void => change(SIG_UNBLOCK, signals);

/** Sets what ps and top call this process: the first 15 bytes. */
export function nameProcess(name: string): void {
  check(c().prctl(PR_SET_NAME, new TextEncoder().encode(`${name.slice(0, 15)}\0`), 0n, 0n, 0n), "prctl");
}

/** Becomes the program that the descriptor is open on. Returns only by throwing. */
export function becomeProgram(program: number, argv: readonly string[], env: readonly string[]): never {
  const block = new StringBlock([...argv, ...env]);
  const [args, environment] = [
    block.pointers(0, argv.length),
    block.pointers(argv.length, argv.length + env.length),
  ];
  check(c().fexecve(program, args, environment), "fexecve");
  // Never reached. The block is read by address: naming it here keeps it alive during the call.
  throw new SyscallError("fexecve", 0, `${block.bytes.length} bytes of strings`);
}
