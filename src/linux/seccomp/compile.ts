/** linux.seccomp → a BPF program, by libseccomp. */
import type { Pointer } from "bun:ffi";
import { invalidArgument, systemError } from "../../errors/errors.ts";
import type { LinuxSeccomp, LinuxSeccompArg, LinuxSyscall } from "../../oci/runtime-spec.ts";
import { errnoName } from "../errno.ts";
import { closeFd, readToEnd } from "../fd.ts";
import { cstring } from "../libc.ts";
import { memoryFile, rewind } from "../memfd.ts";
import { seccompLibrary } from "./libseccomp.ts";
import { withUnknownAsMissing } from "./unknown-syscalls.ts";

const ACTIONS: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL: 0x00000000,
  SCMP_ACT_KILL_THREAD: 0x00000000,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_NOTIFY: 0x7fc00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
};

const OPERATORS: Readonly<Record<string, number>> = {
  SCMP_CMP_NE: 1,
  SCMP_CMP_LT: 2,
  SCMP_CMP_LE: 3,
  SCMP_CMP_EQ: 4,
  SCMP_CMP_GE: 5,
  SCMP_CMP_GT: 6,
  SCMP_CMP_MASKED_EQ: 7,
};

/** What config.json may name. */
export const SECCOMP_ACTIONS = Object.keys(ACTIONS).sort();
export const SECCOMP_OPERATORS = Object.keys(OPERATORS).sort();

const EPERM = 1;
const EEXIST = 17;
const ATTRIBUTE_OPTIMIZE = 8;
const BINARY_TREE = 2;

function actionOf(name: string, errnoRet: number | undefined, tag: string): number {
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) throw invalidArgument(`${tag}: unknown action ${JSON.stringify(name)}`);
  if (name !== "SCMP_ACT_ERRNO" && name !== "SCMP_ACT_TRACE") {
    if (errnoRet) throw invalidArgument(`${tag}: action ${name} takes no errnoRet`);
    return action;
  }
  return (action | ((errnoRet ?? EPERM) & 0xffff)) >>> 0;
}

/** struct scmp_arg_cmp of each condition. */
function packArguments(args: readonly LinuxSeccompArg[], tag: string): BigUint64Array {
  const packed = new BigUint64Array(args.length * 3);
  args.forEach((arg, i) => {
    const op = Object.hasOwn(OPERATORS, arg.op) ? OPERATORS[arg.op] : undefined;
    if (op === undefined)
      throw invalidArgument(`${tag}.args[${i}]: unknown operator ${JSON.stringify(arg.op)}`);
    if (arg.index > 5)
      throw invalidArgument(`${tag}.args[${i}]: index ${arg.index} is beyond the 6 arguments`);
    packed[i * 3] = BigInt(arg.index) | (BigInt(op) << 32n);
    packed[i * 3 + 1] = BigInt.asUintN(64, BigInt(arg.value));
    packed[i * 3 + 2] = BigInt.asUintN(64, BigInt(arg.valueTwo ?? 0));
  });
  return packed;
}

/** Conditions on one argument twice are alternatives, as runc has it; otherwise all must hold. */
function conditionSets(args: readonly LinuxSeccompArg[]): (readonly LinuxSeccompArg[])[] {
  const twice = new Set(args.map((a) => a.index)).size < args.length;
  return twice ? args.map((arg) => [arg]) : [args];
}

class Filter {
  readonly #library = seccompLibrary();
  readonly #context: Pointer;
  readonly #defaultAction: number;
  /** The highest number among the calls that the profile names. */
  highest = 0;

  constructor(defaultAction: number) {
    this.#defaultAction = defaultAction;
    const context = this.#library.seccomp_init(defaultAction);
    if (context === null) throw systemError("linux.seccomp.defaultAction: libseccomp does not support it");
    this.#context = context as Pointer;
    this.#library.seccomp_attr_set(context, ATTRIBUTE_OPTIMIZE, BINARY_TREE);
  }

  addArchitecture(name: string, tag: string): void {
    const architecture = this.#library.seccomp_arch_resolve_name(
      cstring(name.replace(/^SCMP_ARCH_/, "").toLowerCase()),
    );
    if (architecture === 0) throw invalidArgument(`${tag}: unknown architecture ${JSON.stringify(name)}`);
    this.#must(this.#library.seccomp_arch_add(this.#context, architecture), `${tag}: add ${name}`, EEXIST);
  }

  addRule(rule: LinuxSyscall, tag: string): void {
    const action = actionOf(rule.action, rule.errnoRet, tag);
    const sets = conditionSets(rule.args ?? []).map((args) => packArguments(args, tag));
    for (const name of rule.names ?? []) {
      const number = this.#library.seccomp_syscall_resolve_name(cstring(name));
      if (number === -1) continue; // a call that this libseccomp does not know: the default action has it
      this.highest = Math.max(this.highest, number);
      if (action === this.#defaultAction) continue;
      for (const packed of sets) {
        const count = packed.length / 3;
        const added = this.#library.seccomp_rule_add_array(
          this.#context,
          action,
          number,
          count,
          count === 0 ? null : packed,
        );
        this.#must(added, `${tag}: add rule for ${name}`);
      }
    }
  }

  export(): Uint8Array {
    const file = memoryFile("bpf");
    try {
      this.#must(this.#library.seccomp_export_bpf(this.#context, file), "linux.seccomp: export");
      rewind(file);
      return readToEnd(file);
    } finally {
      closeFd(file);
    }
  }

  release(): void {
    this.#library.seccomp_release(this.#context);
  }

  #must(result: number, what: string, accepted = 0): void {
    if (result < 0 && -result !== accepted) throw systemError(`${what}: ${errnoName(-result)}`);
  }
}

/** Compiles a profile. Throws invalidArgument with the place in config.json for what it does not understand. */
export function compileSeccomp(profile: LinuxSeccomp): Uint8Array {
  const defaultAction = actionOf(
    profile.defaultAction,
    profile.defaultErrnoRet,
    "linux.seccomp.defaultAction",
  );
  const filter = new Filter(defaultAction);
  try {
    (profile.architectures ?? []).forEach((name, i) => {
      filter.addArchitecture(name, `linux.seccomp.architectures[${i}]`);
    });
    (profile.syscalls ?? []).forEach((rule, i) => {
      filter.addRule(rule, `linux.seccomp.syscalls[${i}]`);
    });
    const program = filter.export();
    return withUnknownAsMissing(program, profile, filter.highest);
  } finally {
    filter.release();
  }
}
