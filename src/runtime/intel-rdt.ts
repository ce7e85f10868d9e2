/** linux.intelRdt: a container's group in the resctrl file system, which whoever wants it has mounted. */
import { failedPrecondition, invalidArgument } from "../errors/errors.ts";
import { pathExists } from "../linux/path-exists.ts";
import {
  createResctrlGroup,
  findResctrl,
  type Resctrl,
  type ResctrlGroup,
  removeResctrlFolder,
  writeSchemata,
} from "../linux/resctrl.ts";
import type { LinuxIntelRdt } from "../oci/runtime-spec.ts";

/** As kept in a container's record. */
export interface RdtGroup extends ResctrlGroup {
  /** Made for this container. */
  created: boolean;
  /** By closID: then it belongs to whoever gave the name. */
  named: boolean;
}

/** The lines for the group's schemata, in the order of the specification. */
const schemataOf = ({ l3CacheSchema, memBwSchema, schemata = [] }: LinuxIntelRdt): string[] =>
  [l3CacheSchema ?? "", memBwSchema ?? "", ...schemata].filter(Boolean);

/** In runc's words. Errors: invalidArgument, failedPrecondition. */
export function checkRdt(config: LinuxIntelRdt, resctrl: Resctrl | undefined): Resctrl {
  if (!resctrl)
    throw failedPrecondition(
      "intelRdt is specified in config, but Intel RDT is not enabled: mount resctrl on /sys/fs/resctrl, or remove linux.intelRdt",
    );
  const id = config.closID ?? "";
  if (id === "." || id === ".." || (id.length > 1 && id.includes("/")))
    throw invalidArgument(`invalid intelRdt.ClosID ${JSON.stringify(id)}: want the name of one folder`);
  if (config.l3CacheSchema && !resctrl.cache)
    throw failedPrecondition(
      "intelRdt.l3CacheSchema is specified in config, but Intel RDT/CAT is not enabled",
    );
  if (config.memBwSchema && !resctrl.bandwidth)
    throw failedPrecondition("intelRdt.memBwSchema is specified in config, but Intel RDT/MBA is not enabled");
  return resctrl;
}

/** Where a container's processes are to go. "/" is the group that all processes begin in. Nothing is made. */
export function rdtGroupOf(
  id: string,
  config: LinuxIntelRdt,
  resctrl: Resctrl | undefined = findResctrl(),
): ResctrlGroup {
  const { root } = checkRdt(config, resctrl);
  const name = config.closID || id;
  const path = name === "/" ? root : `${root}/${name}`;
  return { path, ...(config.enableMonitoring ? { monitoring: `${path}/mon_groups/${id}` } : {}) };
}

/** Makes the group with its shares. On failure what was made is gone again. */
export function createRdtGroup(
  id: string,
  config: LinuxIntelRdt,
  found: Resctrl | undefined = findResctrl(),
): RdtGroup {
  const resctrl = checkRdt(config, found);
  const group = rdtGroupOf(id, config, resctrl);
  if (config.closID && schemataOf(config).length === 0 && !pathExists(group.path))
    throw failedPrecondition(
      `clos dir not accessible (must be pre-created when schemata, l3CacheSchema and memBwSchema are empty): ${group.path}: no such file or directory`,
    );
  const named = Boolean(config.closID);
  const made: RdtGroup = { ...group, created: !pathExists(group.path), named };
  try {
    made.created = createResctrlGroup(resctrl, group);
    writeSchemata(resctrl, group, schemataOf(config));
    return made;
  } catch (error) {
    removeRdtGroup(made, { failed: true });
    throw error;
  }
}

/** Other shares for a container that is there. */
export function updateRdtGroup(
  { path }: ResctrlGroup,
  config: LinuxIntelRdt,
  found: Resctrl | undefined = findResctrl(),
): void {
  writeSchemata(checkRdt(config, found), { path }, schemataOf(config));
}

/** One that has a name by closID stays, without our monitoring group, unless the container has `failed` to be made. */
export function removeRdtGroup(
  { path, monitoring, created, named }: RdtGroup,
  { failed } = { failed: false },
): void {
  if (created && (failed || !named)) removeResctrlFolder(path);
  else if (monitoring !== undefined) removeResctrlFolder(monitoring);
}
