/** A plan in words, and as JSON: for people who want to know what a container is made of. */
import { namespaceNames } from "../../linux/namespaces.ts";
import { type Op, type OpName, type Plan, SYNC, type Text } from "./ops.ts";

const hex = (n: number | bigint) => `0x${BigInt.asUintN(64, BigInt(n)).toString(16)}`;
const octal = (n: number | bigint) => `0${(Number(n) & 0o7777).toString(8)}`;
const plain = (text: Text) => (typeof text === "string" ? text : new TextDecoder().decode(text));
const list = (text: Text) => plain(text).split("\0").slice(0, -1);
const numbers = (text: Text) => [...new Uint32Array((text as Uint8Array).slice().buffer)];
const limit = (n: number | bigint) => (BigInt(n) === -1n ? "unlimited" : String(n));

const ATTRIBUTES: readonly (readonly [number, string])[] = [
  [0x01, "ro"],
  [0x02, "nosuid"],
  [0x04, "nodev"],
  [0x08, "noexec"],
  [0x10, "noatime"],
  [0x20, "strictatime"],
  [0x80, "nodiratime"],
  [0x200000, "nosymfollow"],
];

const PROPAGATION: readonly (readonly [number, string])[] = [
  [1 << 17, "unbindable"],
  [1 << 18, "private"],
  [1 << 19, "slave"],
  [1 << 20, "shared"],
  [1 << 14, "recursively"],
];

const words = (table: readonly (readonly [number, string])[], flags: number | bigint) =>
  table.filter(([bit]) => (Number(flags) & bit) !== 0).map(([, word]) => word);

const attributes = (flags: number | bigint, prefix = "") => words(ATTRIBUTES, flags).map((w) => prefix + w);
const inBrackets = (parts: readonly string[]) => (parts.length > 0 ? ` (${parts.join(", ")})` : "");

type Describers = { [N in OpName]: (op: Extract<Op, { op: N }>) => string };

const DESCRIBE: Describers = {
  openCgroup: (op) => `open cgroup ${plain(op.folder)}`,
  rlimit: (op) => `limit resource ${op.resource} to ${limit(op.soft)} (hard ${limit(op.hard)})`,
  raiseLimit: (op) => `let resource ${op.resource} be limited to ${limit(op.hard)} later`,
  join: (op) => `join the ${namespaceNames(Number(op.type)).join()} namespace ${plain(op.path)}`,
  joinProcess: (op) => `join the container's namespaces: ${namespaceNames(Number(op.namespaces)).join(", ")}`,
  unshare: (op) => `new namespaces: ${namespaceNames(Number(op.namespaces)).join(", ")}`,
  clone: (op) =>
    `start the container's process${inBrackets(namespaceNames(Number(op.namespaces)).map((n) => `new ${n} namespace`))}`,
  enterCgroups: () => "enter the cgroups",
  setsid: () => "start a session",
  sync: (op) =>
    op.point === SYNC.netDevices
      ? "wait while docker-runc moves network devices here"
      : `wait while docker-runc does its part (${op.point})`,
  propagation: (op) => `make mounts of ${plain(op.path)} ${words(PROPAGATION, op.flags).join(" ")}`,
  root: (op) => `make ${plain(op.path)} a mount of its own, the root`,
  mount: (op) =>
    `mount ${plain(op.type)} on ${plain(op.target)}${inBrackets([...list(op.options), ...attributes(op.attributes), ...words(PROPAGATION, op.propagation)])}${op.copyUp ? ", with a copy of what it covers" : ""}`,
  bind: (op) =>
    `bind ${plain(op.source)} on ${plain(op.target)}${inBrackets([
      ...(op.recursive ? ["with what is mounted below"] : []),
      ...attributes(op.set),
      ...attributes(op.treeSet, "r"),
      ...words(PROPAGATION, Number(op.propagation) | Number(op.treePropagation)),
    ])}`,
  mkdir: (op) => `make folder ${plain(op.path)}`,
  mknod: (op) =>
    `make device ${plain(op.path)} (${op.major}:${op.minor}, mode ${octal(op.mode)}, owner ${op.uid}:${op.gid})`,
  symlink: (op) => `link ${plain(op.path)} to ${plain(op.content)}`,
  console: (op) => `make a terminal${op.mount ? " and mount it on /dev/console" : ""}`,
  mask: (op) => `hide ${plain(op.path)}`,
  readonlyPath: (op) => `make ${plain(op.path)} read-only`,
  attributes: (op) => `make the mount on ${plain(op.target)} ${attributes(op.set).join(" ")}`,
  pivot: (op) =>
    `${["pivot_root into the root", "move the root to / and chroot", "chroot into the root"][Number(op.how)]}${inBrackets([...attributes(op.attributes), ...words(PROPAGATION, op.propagation)])}`,
  reopenNull: () => "reopen streams that are /dev/null in the root",
  hostname: (op) => `set the host name ${plain(op.name)}`,
  domainname: (op) => `set the domain name ${plain(op.name)}`,
  writeProc: (op) => `write ${JSON.stringify(plain(op.content))} to /proc/${plain(op.path)}`,
  keyring: (op) => `new session keyring ${plain(op.name)}`,
  personality: (op) => `set personality ${hex(op.persona)}`,
  noNewPrivileges: () => "set no_new_privs",
  seccomp: (op) => `load the seccomp filter (${op.program.length / 8} instructions, flags ${hex(op.flags)})`,
  stdioOwner: (op) => `give the standard streams to user ${op.uid}`,
  groups: (op) => `set groups ${numbers(op.ids).join(", ") || "(none)"}`,
  bounding: (op) => `keep capabilities ${hex(op.keep)} in the bounding set`,
  user: (op) => `become user ${op.uid}, group ${op.gid}, umask ${octal(op.umask)}`,
  capabilities: (op) =>
    `set capabilities: effective ${hex(op.effective)}, permitted ${hex(op.permitted)}, inheritable ${hex(op.inheritable)}, ambient ${hex(op.ambient)}`,
  chdir: (op) => `enter ${plain(op.path)}${op.make ? ", if root may" : ""}`,
  findCommand: (op) => `find ${plain(op.name)} along ${plain(op.path) || "an empty PATH"}`,
  home: (op) => `set HOME from /etc/passwd for user ${op.uid}`,
  ready: () => "tell docker-runc that all is ready",
  waitStart: () => "wait for docker-runc start",
  hook: (op) => `run hook ${plain(op.path)}${op.timeout ? ` (at most ${op.timeout} s)` : ""}`,
  execute: (op) =>
    `execute ${list(op.args)
      .map((arg) => JSON.stringify(arg))
      .join(" ")}`,
  scheduler: (op) => `set scheduler ${op.policy} (nice ${op.nice}, priority ${op.priority})`,
  ioPriority: (op) => `set I/O priority ${hex(op.value)}`,
  idmap: (op) =>
    plain(op.namespace)
      ? `prepare ${plain(op.source)} with ids mapped as in ${plain(op.namespace)}`
      : `prepare ${plain(op.source)} with mapped ids (users ${plain(op.uidMap).trim()}, groups ${plain(op.gidMap).trim()})`,
  source: (op) => `open ${plain(op.source)} now if user ${op.uid} cannot later`,
  label: (op) => `label ${plain(op.target)} with ${plain(op.label)}`,
  loopback: () => "bring the loopback interface up",
  affinity: () => "set CPU affinity",
  memoryPolicy: (op) => `set memory policy ${hex(op.mode)}`,
};

/** One operation in words. */
function describeOp(op: Op): string {
  return (DESCRIBE[op.op] as (op: Op) => string)(op);
}

/** The whole plan, a line an operation: number, place in config.json, words. */
export function describePlan(plan: Plan): string {
  const width = Math.max(...plan.map((op) => op.tag.length));
  return plan
    .map((op, i) => `${String(i).padStart(3)}  ${op.tag.padEnd(width)}  ${describeOp(op)}\n`)
    .join("");
}

const LISTS = new Set(["options", "args", "env"]);

function jsonValue(name: string, value: number | bigint | Text): unknown {
  if (typeof value === "bigint") return hex(value);
  if (typeof value === "number") return value;
  if (LISTS.has(name)) return list(value);
  if (typeof value === "string") return value;
  if (name === "ids") return numbers(value);
  return Buffer.from(value).toString("base64");
}

/** An operation as JSON; masks as hexadecimal text, the BPF program as base64. */
export function jsonOp(op: Op): Record<string, unknown> {
  const { op: name, tag, ...rest } = op;
  const members = Object.entries(rest).map(([key, value]) => [key, jsonValue(key, value as Text)]);
  return { op: name, tag, does: describeOp(op), ...Object.fromEntries(members) };
}
