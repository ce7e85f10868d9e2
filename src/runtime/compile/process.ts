/** The part of a plan that turns init into the user's process: the same for a container's first one and for exec. */
import { invalidArgument } from "../../errors/errors.ts";
import { capabilityNumber, knownMask } from "../../linux/capabilities.ts";
import type { Process, Spec } from "../../oci/runtime-spec.ts";
import { numberList, type Op, type Plan, stringList } from "../plan/ops.ts";
import type { Facts } from "./facts.ts";
import { compileScheduling } from "./scheduling.ts";

/** A set's mask. Names that neither we nor the kernel know are left out, as runc does. */
const maskOf = (names: readonly string[] | undefined, known: bigint): bigint =>
  names === undefined ? 0n : knownMask(names) & known;

/** What the kernel lets a process have as ambient. */
const raisable = ({ inheritable, permitted }: NonNullable<Process["capabilities"]>, known: bigint) =>
  maskOf(inheritable, known) & maskOf(permitted, known);

/** Ambient capabilities that cannot be, as they are not inheritable and permitted too: left out, as with runc. */
export function vainAmbient(process: Process, known: bigint): string[] {
  const sets = process.capabilities ?? {};
  if (!sets.ambient?.length) return [];
  return sets.ambient.filter((name) => (maskOf([name], known) & ~raisable(sets, known)) !== 0n);
}

/** Names in the sets that are left out, each once; `last` is the highest number that the kernel knows. */
export function unknownCapabilities({ capabilities = {} }: Process, last: number): string[] {
  const unknown: string[] = [];
  for (const set in capabilities)
    for (const name of capabilities[set as keyof typeof capabilities] ?? []) {
      const number = capabilityNumber(name);
      if ((number === undefined || number > last) && !unknown.includes(name)) unknown.push(name);
    }
  return unknown;
}

function capabilityOps(process: Process, known: bigint): { bounding: Op; others: Op } {
  const sets = process.capabilities ?? {};
  const tag = "process.capabilities";
  return {
    bounding: { op: "bounding", tag: `${tag}.bounding`, keep: maskOf(sets.bounding, known) },
    others: {
      op: "capabilities",
      tag,
      effective: maskOf(sets.effective, known),
      permitted: maskOf(sets.permitted, known),
      inheritable: maskOf(sets.inheritable, known),
      ambient: maskOf(sets.ambient, known) & raisable(sets, known),
    },
  };
}

/** What the label is for: the command, or keys that are made. Errors: invalidArgument, in runc's words. */
function selinuxOp(what: "exec" | "keycreate", label: string, facts: Facts): Op {
  const tag = "process.selinuxLabel";
  if (!facts.selinux)
    throw invalidArgument(
      `${tag}: selinux label is specified in config, but selinux is disabled or not supported: remove it`,
    );
  return { op: "writeProc", tag, path: `self/attr/${what}`, content: label };
}

/** The session keyring, which has the process's label. */
export function keyringOps(process: Process, facts: Facts): Plan {
  if (facts.noNewKeyring) return [];
  const { selinuxLabel: label } = process;
  return [
    ...(label ? [selinuxOp("keycreate", label, facts)] : []),
    { op: "keyring", tag: "session keyring", name: `_ses.${facts.id}` },
  ];
}

function labelOps(process: Process, facts: Facts): Plan {
  const plan: Plan = [];
  const { apparmorProfile: profile, selinuxLabel: label } = process;
  if (profile) {
    if (!facts.appArmor)
      throw invalidArgument(
        `process.apparmorProfile: ${JSON.stringify(profile)} cannot be applied: AppArmor is not enabled on this host`,
      );
    plan.push({
      op: "writeProc",
      tag: "process.apparmorProfile",
      path: "self/attr/apparmor/exec",
      content: `exec ${profile}`,
    });
  }
  if (label) plan.push(selinuxOp("exec", label, facts));
  return plan;
}

/**
 * Whether the filter is loaded last, so that it needs to allow fewer calls: where no_new_privs makes that possible,
 * and nobody must be handed its descriptor before docker-runc lets go of the process.
 */
const isLate = (process: Process, facts: Facts) =>
  process.noNewPrivileges === true && facts.seccomp?.listener !== true;

const seccompOp = (facts: Facts): Plan =>
  facts.seccomp
    ? [
        {
          op: "seccomp",
          tag: "linux.seccomp",
          flags: facts.seccomp.flags,
          listener: facts.seccomp.listener ? 1 : 0,
          program: facts.seccomp.program,
        },
      ]
    : [];

/** The terminal, or else the standard streams as they are. */
export function terminalOps(process: Process, facts: Facts, mount: boolean): Plan {
  if (!process.terminal) return [{ op: "setsid", tag: "process" }];
  const socket = facts.fds.console;
  if (socket === undefined)
    throw invalidArgument(
      "process.terminal: cannot allocate tty if runc will detach without setting console socket",
    );
  const { height = 0, width = 0 } = process.consoleSize ?? {};
  return [
    {
      op: "console",
      tag: "process.terminal",
      socket,
      rows: height,
      columns: width,
      mount: mount ? 1 : 0,
      uid: process.user.uid,
      plain: facts.plainConsole ? 1 : 0,
    },
  ];
}

const environment = (process: Process, name: string) =>
  process.env?.findLast((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);

function userOps(process: Process, facts: Facts): Plan {
  const { uid, gid, additionalGids = [], umask } = process.user;
  const capabilities = capabilityOps(process, facts.knownCapabilities);
  const plan: Plan = [];
  if (!process.terminal) plan.push({ op: "stdioOwner", tag: "process.user", uid });
  if (!facts.rootless || additionalGids.length > 0)
    plan.push({ op: "groups", tag: "process.user.additionalGids", ids: numberList(additionalGids) });
  plan.push(capabilities.bounding);
  plan.push({ op: "user", tag: "process.user", uid, gid, umask: umask ?? facts.umask });
  plan.push(capabilities.others);
  return plan;
}

/**
 * Limits, labels, privileges, user, working folder and the search for the command. Where no_new_privs allows it,
 * seccomp is left to secureOps().
 */
export function compileProcess(process: Process, facts: Facts, limits: Plan): Plan {
  const args = process.args ?? [];
  if (args.length === 0) throw invalidArgument("process.args must not be empty");
  const plan: Plan = [...compileScheduling(process), ...limits, ...labelOps(process, facts)];
  if (process.noNewPrivileges) plan.push({ op: "noNewPrivileges", tag: "process.noNewPrivileges" });
  if (!isLate(process, facts)) plan.push(...seccompOp(facts));
  const cwd = process.cwd || "/";
  if (!cwd.startsWith("/")) throw invalidArgument("Cwd must be an absolute path");
  plan.push({ op: "chdir", tag: "process.cwd", make: 2, path: cwd });
  plan.push(...userOps(process, facts));
  plan.push({ op: "chdir", tag: "process.cwd", make: 0, path: cwd });
  plan.push({
    op: "findCommand",
    tag: "process.args[0]",
    name: args[0]!,
    path: environment(process, "PATH") ?? "",
  });
  if (!environment(process, "HOME")) plan.push({ op: "home", tag: "process.user", uid: process.user.uid });
  return plan;
}

/** In the words of runc, which takes them for an error of the start. */
function checkVariable(entry: string): void {
  const equals = entry.indexOf("=");
  const wrong =
    equals < 0
      ? ": missing '='"
      : equals === 0
        ? ": name cannot be empty"
        : entry.includes("\0")
          ? ` ${JSON.stringify(entry.slice(0, equals))}: contains nul byte (\\x00)`
          : "";
  if (wrong !== "")
    throw invalidArgument(`unable to start container process: invalid environment variable${wrong}`);
}

/** Without an empty HOME, which init finds. Each variable once, with its last value, as programs that look for the first one would else take the wrong one. */
export function settledEnvironment(process: Process): string[] {
  for (const entry of process.env ?? []) checkVariable(entry);
  const byName = new Map(
    (process.env ?? []).map((entry) => [entry.slice(0, entry.indexOf("=") >>> 0), entry]),
  );
  return [...byName.values()].filter((entry) => entry !== "HOME=");
}

/** The last operations: the filter if it is still to be loaded, the hooks that it holds for, then the command. */
export function secureOps(process: Process, facts: Facts, hooks: Plan = []): Plan {
  const env = settledEnvironment(process);
  return [
    ...(isLate(process, facts) ? seccompOp(facts) : []),
    ...hooks,
    {
      op: "execute",
      tag: "process.args",
      preserve: facts.preserveFds,
      args: stringList(process.args ?? []),
      env: stringList(env),
    },
  ];
}

/** What a process document of an exec leaves open comes from the container's own process, as with runc. */
export function inheritProcess(process: Process, spec: Spec): Process {
  const { apparmorProfile, selinuxLabel, capabilities, rlimits } = spec.process ?? {};
  return {
    ...(apparmorProfile === undefined ? {} : { apparmorProfile }),
    ...(selinuxLabel === undefined ? {} : { selinuxLabel }),
    ...(capabilities === undefined ? {} : { capabilities }),
    ...process,
    ...(process.rlimits?.length || !rlimits ? {} : { rlimits }),
  };
}
