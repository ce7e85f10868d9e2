import { errnoOf, failedPrecondition, invalidArgument, messageOf } from "../../errors/errors.ts";
import { parseFlags } from "../../flags/flags.ts";
import { applyLimits } from "../../linux/cgroup/apply.ts";
import { readSmallFile, readToEnd } from "../../linux/fd.ts";
import type { LinuxIntelRdt, LinuxResources } from "../../oci/runtime-spec.ts";
import { parseSize } from "../../units/size.ts";
import { statusOf } from "../state/status.ts";
import type { ContainerRecord } from "../state/store.ts";
import { onlyId } from "./arguments.ts";
import type { Context } from "./context.ts";

const text = (help: string) => ({ kind: "string", help, value: "N" }) as const;

export const FLAGS = {
  resources: {
    kind: "string",
    short: "r",
    help: "File with linux.resources as JSON; - is stdin",
    value: "FILE",
  },
  "blkio-weight": text("Weight of block I/O, 10 to 1000"),
  "cpu-period": text("Period of the CPU quota in µs"),
  "cpu-quota": text("CPU time in a period in µs"),
  "cpu-burst": text("CPU time above the quota in µs"),
  "cpu-share": text("CPU shares"),
  "cpu-rt-period": text("Period of the real-time quota in µs"),
  "cpu-rt-runtime": text("Real-time quota in µs"),
  "cpu-idle": text("1: only when nobody else wants the CPU"),
  "cpuset-cpus": text("CPUs to use"),
  "cpuset-mems": text("Memory nodes to use"),
  memory: text("Memory limit"),
  "memory-reservation": text("Soft memory limit"),
  "memory-swap": text("Memory and swap; -1 for no limit"),
  "kernel-memory": text("Obsolete, ignored"),
  "kernel-memory-tcp": text("Obsolete, ignored"),
  "pids-limit": { kind: "int", help: "Processes; -1 for no limit", value: "N" },
  "l3-cache-schema": text("Intel RDT/CAT L3 cache schema"),
  "mem-bw-schema": text("Intel RDT/MBA memory bandwidth schema"),
} as const;

type Values = ReturnType<typeof parseFlags<typeof FLAGS>>["values"];

function integer(values: Values, name: keyof Values, signed = false): number | undefined {
  const given = values[name];
  if (given === undefined || given === "") return undefined;
  if (!(signed ? /^-?\d+$/ : /^\d+$/).test(String(given)))
    throw invalidArgument(
      `invalid value for ${name}: strconv.Parse${signed ? "Int" : "Uint"}: parsing ${JSON.stringify(given)}: invalid syntax`,
    );
  return Number(given);
}

function size(values: Values, name: keyof Values): number | undefined {
  const given = values[name];
  if (given === undefined || given === "") return undefined;
  if (given === "-1") return -1;
  try {
    return parseSize(String(given));
  } catch (error) {
    throw invalidArgument(`invalid value for ${name}: ${messageOf(error)}`);
  }
}

/** The object without its undefined members; undefined when nothing is left. */
function given<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T | undefined {
  const left = Object.entries(members).filter(([, value]) => value !== undefined);
  return left.length === 0 ? undefined : (Object.fromEntries(left) as T);
}

function fromFlags(values: Values): LinuxResources {
  const weight = integer(values, "blkio-weight");
  const limit = values["pids-limit"];
  return (
    given<LinuxResources>({
      cpu: given<NonNullable<LinuxResources["cpu"]>>({
        shares: integer(values, "cpu-share"),
        period: integer(values, "cpu-period"),
        quota: integer(values, "cpu-quota", true),
        burst: integer(values, "cpu-burst"),
        realtimePeriod: integer(values, "cpu-rt-period"),
        realtimeRuntime: integer(values, "cpu-rt-runtime", true),
        idle: integer(values, "cpu-idle", true),
        cpus: values["cpuset-cpus"] || undefined,
        mems: values["cpuset-mems"] || undefined,
      }),
      memory: given<NonNullable<LinuxResources["memory"]>>({
        limit: size(values, "memory"),
        reservation: size(values, "memory-reservation"),
        swap: size(values, "memory-swap"),
      }),
      pids: limit === undefined ? undefined : { limit },
      blockIO: weight === undefined ? undefined : { weight },
    }) ?? {}
  );
}

async function fromFile(path: string): Promise<LinuxResources> {
  let json: string;
  let resources: unknown;
  try {
    json = path === "-" ? new TextDecoder().decode(readToEnd(0)) : readSmallFile(path);
  } catch (error) {
    const why = errnoOf(error) === "ENOENT" ? "no such file or directory" : messageOf(error);
    throw invalidArgument(`open ${path}: ${why}`, { cause: error });
  }
  try {
    resources = JSON.parse(json);
  } catch (error) {
    throw invalidArgument(`${path} is not JSON: ${messageOf(error)}`, { cause: error });
  }
  const { Report } = await import("../check/problem.ts");
  const { checkTypes } = await import("../check/shape.ts");
  const report = new Report();
  const spec = checkTypes(report, { linux: { resources } });
  const [first] = report.problems;
  if (first)
    throw invalidArgument(
      `${path}: ${first.pointer.slice(1).replaceAll("/", ".")} ${first.problem}: ${first.cure}`,
    );
  return spec?.linux?.resources ?? {};
}

/** What was set before with the changes over it, member by member. */
function merged(old: LinuxResources, change: LinuxResources): LinuxResources {
  return {
    ...old,
    ...change,
    memory: { ...old.memory, ...change.memory },
    cpu: { ...old.cpu, ...change.cpu },
    ...(change.devices ? { devices: change.devices } : {}),
  };
}

/** The flags for Intel RDT; undefined without any. */
function schemasOf(values: Values): LinuxIntelRdt | undefined {
  return given<LinuxIntelRdt>({
    l3CacheSchema: values["l3-cache-schema"] || undefined,
    memBwSchema: values["mem-bw-schema"] || undefined,
  });
}

async function updateRdt({ rdt }: ContainerRecord, schemas: LinuxIntelRdt): Promise<void> {
  const { checkRdt, updateRdtGroup } = await import("../intel-rdt.ts");
  const { findResctrl } = await import("../../linux/resctrl.ts");
  const resctrl = checkRdt(schemas, findResctrl());
  if (!rdt)
    throw failedPrecondition("the container has no resctrl group: it was created without linux.intelRdt");
  updateRdtGroup(rdt, schemas, resctrl);
}

export async function run({ store, warn }: Context, args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  const record = store.load(onlyId("update", rest));
  const change = values.resources === undefined ? fromFlags(values) : await fromFile(values.resources);
  if (values["kernel-memory"] || values["kernel-memory-tcp"])
    warn("Kernel memory settings are ignored and will be removed");
  if (statusOf(store, record) === "stopped") throw failedPrecondition("container not running");
  const schemas = schemasOf(values);
  if (schemas) await updateRdt(record, schemas);
  const old = record.spec.linux?.resources ?? {};
  const { devices: _devices, ...limits } = change;
  try {
    await applyLimits(record.cgroup, limits, { devices: false });
    if (record.unit !== undefined)
      await (await import("../systemd-cgroup.ts")).updateScope(record.unit, limits);
  } catch (error) {
    await applyLimits(record.cgroup, old, { devices: false }).catch((again: unknown) => {
      warn(`setting back the limits failed: ${messageOf(again)}`);
    });
    throw error;
  }
  const rdt = schemas ? { intelRdt: { ...record.spec.linux?.intelRdt, ...schemas } } : {};
  record.spec.linux = { ...record.spec.linux, ...rdt, resources: merged(old, limits) };
  store.save(record);
  return 0;
}
