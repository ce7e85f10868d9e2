import { check, cstring, libc, ptr } from "./libc.ts";

/** What Bun ignores for itself, and what a program would inherit: SIGPIPE and SIGXFSZ (asm-generic/signal.h). */
const IGNORED = [13, 25];

const symbols = () =>
  libc({
    execve: { args: ["ptr", "ptr", "ptr"], returns: "i32" },
    signal: { args: ["i32", "ptr"], returns: "ptr" },
  });

/**
 * Becomes another program: same process, same descriptors 0 to 2, so that terminal, signals and exit status are the
 * program's own. Returns only by throwing SyscallError.
 */
export function becomeProgram(path: string, args: readonly string[], env: Record<string, string>): never {
  const { execve, signal } = symbols();
  for (const number of IGNORED) signal(number, null);
  const [file, argv, envp] = [
    cstring(path),
    strings(args),
    strings(Object.entries(env).map(([k, v]) => `${k}=${v}`)),
  ];
  check(execve(ptr(file), ptr(argv.list), ptr(envp.list)), "execve", path);
  throw new Error(`execve ${path} came back`);
}

/** A null-terminated list of pointers; the texts must be kept as long as it. */
function strings(list: readonly string[]): { list: BigUint64Array; texts: Uint8Array[] } {
  const texts = list.map(cstring);
  return { list: BigUint64Array.from([...texts.map((text) => BigInt(ptr(text))), 0n]), texts };
}
