/** Whether members have the types that the specification gives them: what all other checks rely on. */
import type { Spec } from "../../oci/runtime-spec.ts";
import { pointerOf, type Report } from "./problem.ts";

type Shape =
  | "string"
  | "number"
  | "boolean"
  | "object"
  | "strings"
  | "numbers"
  | { list: Members }
  | { members: Members };
type Members = Readonly<Record<string, Shape>>;

const USER: Members = { uid: "number", gid: "number", umask: "number", additionalGids: "numbers" };
const NUMBERS_OF = (...names: string[]): Members =>
  Object.fromEntries(names.map((name) => [name, "number" as const]));

const CAPABILITY_SETS: Members = Object.fromEntries(
  ["bounding", "effective", "inheritable", "permitted", "ambient"].map((set) => [set, "strings" as const]),
);
const HOOK: Members = { path: "string", args: "strings", env: "strings", timeout: "number" };
const HOOKS: Members = Object.fromEntries(
  ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"].map((kind) => [
    kind,
    { list: HOOK } as const,
  ]),
);
const MAPPING: Members = NUMBERS_OF("containerID", "hostID", "size");
const THROTTLE: Members = NUMBERS_OF("major", "minor", "rate");

const RESOURCES: Members = {
  devices: { list: { allow: "boolean", type: "string", major: "number", minor: "number", access: "string" } },
  memory: {
    members: {
      ...NUMBERS_OF("limit", "reservation", "swap", "kernel", "kernelTCP", "swappiness"),
      disableOOMKiller: "boolean",
    },
  },
  cpu: {
    members: {
      ...NUMBERS_OF("shares", "quota", "period", "burst", "realtimeRuntime", "realtimePeriod", "idle"),
      cpus: "string",
      mems: "string",
    },
  },
  pids: { members: { limit: "number" } },
  blockIO: {
    members: {
      weight: "number",
      weightDevice: { list: NUMBERS_OF("major", "minor", "weight", "leafWeight") },
      throttleReadBpsDevice: { list: THROTTLE },
      throttleWriteBpsDevice: { list: THROTTLE },
      throttleReadIOPSDevice: { list: THROTTLE },
      throttleWriteIOPSDevice: { list: THROTTLE },
    },
  },
  hugepageLimits: { list: { pageSize: "string", limit: "number" } },
  network: { members: { classID: "number", priorities: { list: { name: "string", priority: "number" } } } },
  rdma: "object",
  unified: "object",
};

const SYSCALL: Members = {
  names: "strings",
  action: "string",
  errnoRet: "number",
  args: { list: { index: "number", value: "number", valueTwo: "number", op: "string" } },
};

const LINUX: Members = {
  uidMappings: { list: MAPPING },
  gidMappings: { list: MAPPING },
  sysctl: "object",
  resources: { members: RESOURCES },
  cgroupsPath: "string",
  namespaces: { list: { type: "string", path: "string" } },
  devices: {
    list: { path: "string", type: "string", ...NUMBERS_OF("major", "minor", "fileMode", "uid", "gid") },
  },
  seccomp: {
    members: {
      defaultAction: "string",
      defaultErrnoRet: "number",
      architectures: "strings",
      flags: "strings",
      listenerPath: "string",
      listenerMetadata: "string",
      syscalls: { list: SYSCALL },
    },
  },
  rootfsPropagation: "string",
  maskedPaths: "strings",
  readonlyPaths: "strings",
  mountLabel: "string",
  intelRdt: {
    members: {
      ...{ closID: "string", l3CacheSchema: "string", memBwSchema: "string", schemata: "strings" },
      ...{ enableMonitoring: "boolean", enableCMT: "boolean", enableMBM: "boolean" },
    },
  },
  personality: { members: { domain: "string", flags: "strings" } },
  timeOffsets: "object",
  netDevices: "object",
  memoryPolicy: { members: { mode: "string", nodes: "string", flags: "strings" } },
};

const SPEC: Members = {
  ociVersion: "string",
  process: {
    members: {
      terminal: "boolean",
      consoleSize: { members: NUMBERS_OF("height", "width") },
      user: { members: USER },
      args: "strings",
      env: "strings",
      cwd: "string",
      capabilities: { members: CAPABILITY_SETS },
      rlimits: { list: { type: "string", hard: "number", soft: "number" } },
      noNewPrivileges: "boolean",
      apparmorProfile: "string",
      oomScoreAdj: "number",
      scheduler: "object",
      selinuxLabel: "string",
      ioPriority: { members: { class: "string", priority: "number" } },
      execCPUAffinity: { members: { initial: "string", final: "string" } },
    },
  },
  root: { members: { path: "string", readonly: "boolean" } },
  hostname: "string",
  domainname: "string",
  mounts: {
    list: {
      destination: "string",
      type: "string",
      source: "string",
      options: "strings",
      uidMappings: { list: MAPPING },
      gidMappings: { list: MAPPING },
    },
  },
  hooks: { members: HOOKS },
  annotations: "object",
  linux: { members: LINUX },
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const nameOf = (value: unknown) =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "a list"
      : `a${typeof value === "object" ? "n" : ""} ${typeof value}`;

/** What stands for a value of a wrong type, so that what is around it can be looked at too. */
const WRONG = Symbol("wrong");

function complain(report: Report, path: (string | number)[], value: unknown, wanted: string): typeof WRONG {
  report.add(pointerOf(...path), `is ${nameOf(value)}`, `make it ${wanted}`);
  return WRONG;
}

/** In a list each entry must keep its place. */
const placeholder = (shape: Shape): unknown => (shape === "string" ? "" : shape === "number" ? 0 : {});

function checkList(report: Report, path: (string | number)[], value: unknown, shape: Shape): unknown {
  if (!Array.isArray(value)) return complain(report, path, value, "a list");
  return value.map((entry, i) => {
    const checked = checkShape(report, [...path, i], entry, shape);
    return checked === WRONG ? placeholder(shape) : checked;
  });
}

function checkMembers(report: Report, path: (string | number)[], value: unknown, members: Members): unknown {
  if (!isObject(value)) return complain(report, path, value, "an object");
  const result = { ...value };
  // Go's encoder writes null for what is empty.
  for (const [name, shape] of Object.entries(members)) {
    if (value[name] === undefined || value[name] === null) continue;
    const checked = checkShape(report, [...path, name], value[name], shape);
    if (checked === WRONG) delete result[name];
    else result[name] = checked;
  }
  return result;
}

function checkShape(report: Report, path: (string | number)[], value: unknown, shape: Shape): unknown {
  if (shape === "strings") return checkList(report, path, value, "string");
  if (shape === "numbers") return checkList(report, path, value, "number");
  if (shape === "object") return checkMembers(report, path, value, {});
  if (typeof shape === "string")
    return typeof value === shape ? value : complain(report, path, value, `a ${shape}`);
  if ("list" in shape) return checkList(report, path, value, { members: shape.list });
  return checkMembers(report, path, value, shape.members);
}

/**
 * Adds a problem for each member of a wrong type, and returns the document without them, so that other checks can rely
 * on the types; undefined when it is no document at all.
 */
export function checkTypes(report: Report, spec: unknown): Spec | undefined {
  const checked = checkMembers(report, [], spec, SPEC);
  return checked === WRONG ? undefined : (checked as Spec);
}
