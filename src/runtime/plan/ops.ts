/**
 * The operations of a plan: numbers and texts that each takes, in the order in which init reads them.
 * src/runtime/init/ops.h has the same table; plan.test.ts compares the two.
 */
export const OPS = {
  openCgroup: { code: 1, numbers: ["version"], texts: ["folder"] },
  rlimit: { code: 2, numbers: ["resource", "soft", "hard"], texts: [] },
  raiseLimit: { code: 50, numbers: ["resource", "hard"], texts: [] },
  join: { code: 3, numbers: ["type"], texts: ["path"] },
  joinProcess: { code: 4, numbers: ["pidfd", "namespaces", "pid"], texts: ["root"] },
  unshare: { code: 5, numbers: ["namespaces"], texts: [] },
  clone: { code: 6, numbers: ["namespaces", "userNamespace"], texts: [] },
  enterCgroups: { code: 7, numbers: [], texts: [] },
  setsid: { code: 8, numbers: [], texts: [] },
  sync: { code: 9, numbers: ["point"], texts: [] },
  propagation: { code: 10, numbers: ["flags"], texts: ["path"] },
  root: { code: 11, numbers: ["propagation"], texts: ["path"] },
  mount: {
    code: 12,
    numbers: ["attributes", "propagation", "strict", "copyUp"],
    texts: ["target", "type", "source", "options"],
  },
  bind: {
    code: 13,
    numbers: [
      "recursive",
      "set",
      "clear",
      "treeSet",
      "treeClear",
      "propagation",
      "treePropagation",
      "inProc",
      "prepared",
    ],
    texts: ["target", "source"],
  },
  mkdir: { code: 14, numbers: [], texts: ["path"] },
  mknod: { code: 15, numbers: ["mode", "major", "minor", "uid", "gid"], texts: ["path"] },
  symlink: { code: 16, numbers: [], texts: ["content", "path"] },
  console: { code: 17, numbers: ["socket", "rows", "columns", "mount", "uid", "plain"], texts: [] },
  mask: { code: 18, numbers: [], texts: ["path", "options"] },
  readonlyPath: { code: 19, numbers: [], texts: ["path"] },
  attributes: { code: 20, numbers: ["set", "clear"], texts: ["target"] },
  pivot: { code: 21, numbers: ["how", "attributes", "propagation"], texts: [] },
  hostname: { code: 22, numbers: [], texts: ["name"] },
  domainname: { code: 23, numbers: [], texts: ["name"] },
  writeProc: { code: 24, numbers: [], texts: ["path", "content"] },
  keyring: { code: 25, numbers: [], texts: ["name"] },
  personality: { code: 26, numbers: ["persona"], texts: [] },
  noNewPrivileges: { code: 27, numbers: [], texts: [] },
  seccomp: { code: 28, numbers: ["flags", "listener"], texts: ["program"] },
  stdioOwner: { code: 29, numbers: ["uid"], texts: [] },
  groups: { code: 30, numbers: [], texts: ["ids"] },
  bounding: { code: 31, numbers: ["keep"], texts: [] },
  user: { code: 32, numbers: ["uid", "gid", "umask"], texts: [] },
  capabilities: { code: 33, numbers: ["effective", "permitted", "inheritable", "ambient"], texts: [] },
  chdir: { code: 34, numbers: ["make"], texts: ["path"] },
  findCommand: { code: 35, numbers: [], texts: ["name", "path"] },
  home: { code: 36, numbers: ["uid"], texts: [] },
  ready: { code: 37, numbers: ["keepOpen", "wait"], texts: [] },
  waitStart: { code: 38, numbers: ["fifo"], texts: [] },
  hook: { code: 39, numbers: ["timeout", "inherit"], texts: ["path", "args", "env"] },
  execute: { code: 40, numbers: ["preserve"], texts: ["args", "env"] },
  scheduler: {
    code: 41,
    numbers: ["policy", "nice", "priority", "flags", "runtime", "deadline", "period"],
    texts: [],
  },
  ioPriority: { code: 42, numbers: ["value"], texts: [] },
  idmap: { code: 43, numbers: ["recursive", "tree"], texts: ["source", "uidMap", "gidMap", "namespace"] },
  source: { code: 46, numbers: ["recursive", "uid", "gid"], texts: ["source"] },
  label: { code: 48, numbers: [], texts: ["target", "label"] },
  loopback: { code: 47, numbers: [], texts: [] },
  affinity: { code: 44, numbers: [], texts: ["mask"] },
  reopenNull: { code: 45, numbers: [], texts: [] },
  memoryPolicy: { code: 49, numbers: ["mode"], texts: ["nodes"] },
} as const;

export type OpName = keyof typeof OPS;

/** Strings, lists of NUL-ended ones as one string, and what is no string: packed numbers, BPF. */
export type Text = string | Uint8Array;

type OpOf<N extends OpName> = { op: N /** The place in config.json that asks for it. */; tag: string } & {
  [K in (typeof OPS)[N]["numbers"][number]]: number | bigint;
} & { [K in (typeof OPS)[N]["texts"][number]]: Text };

/** One primitive operation of a plan. */
export type Op = { [N in OpName]: OpOf<N> }[OpName];

/** What init executes, in order. */
export type Plan = Op[];

/** Points at which init waits while docker-runc does its part. */
export const SYNC = { hooks: 1, netDevices: 2 } as const;

/** A list of strings as one text. */
export function stringList(strings: readonly string[]): string {
  let all = "";
  for (const text of strings) all += `${text}\0`;
  return all;
}

/** 32-bit numbers as one text. */
export function numberList(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(numbers).buffer);
}
