/** Transient scopes: cgroups that systemd makes and knows of, for --systemd-cgroup. */
import { invalidArgument, systemError } from "../../errors/errors.ts";
import { type Bus, BusError, type Signal } from "./bus.ts";
import { connectManager, MANAGER, type ManagerKind, managerCgroup, SYSTEMD } from "./manager.ts";
import type { Value, Variant } from "./marshal.ts";

const NO_SUCH_UNIT = "org.freedesktop.systemd1.NoSuchUnit";
const NOT_LOADED = "org.freedesktop.systemd1.UnitNotFound";

export interface ScopeName {
  /** "system.slice" */
  slice: string;
  /** "docker-<id>.scope" */
  unit: string;
}

/**
 * linux.cgroupsPath in systemd's form, "slice:prefix:name"; an empty slice is system.slice, of a user's manager
 * user.slice. Errors: invalidArgument.
 */
export function parseScopeName(cgroupsPath: string, id: string, kind: ManagerKind = "system"): ScopeName {
  const [slice, prefix, name, ...more] = (cgroupsPath || `:runc:${id}`).split(":");
  if (prefix === undefined || !name || more.length > 0)
    throw invalidArgument(
      `linux.cgroupsPath: expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got ${JSON.stringify(cgroupsPath)} instead`,
    );
  if (name.endsWith(".slice"))
    throw invalidArgument(`linux.cgroupsPath: a container cannot be a slice: ${name}`);
  return { slice: slice || `${kind}.slice`, unit: `${prefix === "" ? "" : `${prefix}-`}${name}.scope` };
}

/** The folders of a slice below the root: "a-b.slice" → "a.slice/a-b.slice". Errors: invalidArgument. */
export function sliceFolder(slice: string): string {
  if (slice === "-.slice") return "";
  const stem = slice.slice(0, -".slice".length);
  if (!slice.endsWith(".slice") || stem === "" || slice.includes("/") || stem.split("-").includes(""))
    throw invalidArgument(`linux.cgroupsPath: invalid slice name: ${slice}`);
  const parts = stem.split("-");
  return parts.map((_, i) => `${parts.slice(0, i + 1).join("-")}.slice`).join("/");
}

/** A property of a unit. */
export type Property = [name: string, value: Variant];

export const property = (name: string, signature: string, value: Value): Property => [
  name,
  { signature, value },
];

/** Runs a job of the manager to its end; `start` returns the job's path. */
async function runJob(bus: Bus, unit: string, start: () => Promise<Value[]>): Promise<void> {
  const ended = Promise.withResolvers<string>();
  const results = new Map<string, string>();
  let job: string | undefined;
  const stop = bus.listen(({ interface: from, member, body }: Signal) => {
    if (from !== MANAGER || member !== "JobRemoved") return;
    results.set(body[1] as string, body[3] as string);
    if (body[1] === job) ended.resolve(body[3] as string);
  });
  try {
    await bus.call({ ...SYSTEMD, interface: MANAGER, member: "Subscribe" });
    const match = `type='signal',interface='${MANAGER}',member='JobRemoved'`;
    const daemon = { destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus" };
    const add = { interface: "org.freedesktop.DBus", member: "AddMatch", signature: "s", body: [match] };
    if (!bus.direct) await bus.call({ ...daemon, ...add });
    job = (await start())[0] as string;
    const result = results.get(job) ?? (await ended.promise);
    if (result !== "done")
      throw systemError(`systemd: unit ${unit}: the job ended with ${JSON.stringify(result)}`);
  } finally {
    stop();
  }
}

export interface ScopeOptions {
  name: ScopeName;
  description: string;
  /** The processes that it starts with; a scope lives as long as it has any. */
  pids: number[];
  properties: Property[];
}

/**
 * Makes a scope; it is there, and the processes in it, when this resolves. Returns the cgroup below which the manager's
 * slices are, "" for the root. Errors: system error, unavailable.
 */
export async function startScope(options: ScopeOptions, kind: ManagerKind = "system"): Promise<string> {
  const { unit, slice } = options.name;
  const properties: Property[] = [
    property("Description", "s", options.description),
    property("Slice", "s", slice),
    property("PIDs", "au", options.pids),
    property("Delegate", "b", true),
    property("DefaultDependencies", "b", false),
    ...["MemoryAccounting", "CPUAccounting", "IOAccounting", "TasksAccounting"].map((name) =>
      property(name, "b", true),
    ),
    ...options.properties,
  ];
  return withManager(kind, unit, async (bus) => {
    // A failed unit of that name, which nobody collected, would be in the way.
    await bus
      .call({ ...SYSTEMD, interface: MANAGER, member: "ResetFailedUnit", signature: "s", body: [unit] })
      .catch(() => {});
    await runJob(bus, unit, () =>
      bus.call({
        ...SYSTEMD,
        interface: MANAGER,
        member: "StartTransientUnit",
        signature: "ssa(sv)a(sa(sv))",
        body: [unit, "replace", properties as unknown as Value[], []],
      }),
    );
    return kind === "user" ? managerCgroup(bus) : "";
  });
}

/** Changes properties of a running scope, until the next boot. */
export async function setScopeProperties(
  unit: string,
  properties: Property[],
  kind: ManagerKind = "system",
): Promise<void> {
  if (properties.length === 0) return;
  await withManager(kind, unit, (bus) =>
    bus.call({
      ...SYSTEMD,
      interface: MANAGER,
      member: "SetUnitProperties",
      signature: "sba(sv)",
      body: [unit, true, properties as unknown as Value[]],
    }),
  );
}

/** Ends a scope; one that is not there is fine. */
export async function stopScope(unit: string, kind: ManagerKind = "system"): Promise<void> {
  await withManager(kind, unit, async (bus) => {
    try {
      const body = [unit, "replace"];
      await runJob(bus, unit, () =>
        bus.call({ ...SYSTEMD, interface: MANAGER, member: "StopUnit", signature: "ss", body }),
      );
    } catch (error) {
      if (!(error instanceof BusError) || ![NO_SUCH_UNIT, NOT_LOADED].includes(error.name)) throw error;
    }
  });
}

async function withManager<T>(kind: ManagerKind, unit: string, use: (bus: Bus) => Promise<T>): Promise<T> {
  const bus = await connectManager(kind);
  try {
    return await use(bus);
  } catch (error) {
    if (error instanceof BusError && ![NO_SUCH_UNIT, NOT_LOADED].includes(error.name))
      throw systemError(`systemd: unit ${unit}: ${error.message}`, { cause: error });
    throw error;
  } finally {
    bus.close();
  }
}
