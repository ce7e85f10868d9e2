import { posix } from "node:path";
import type { HostConfig, Mount } from "../../../api/schema.ts";
import { invalidArgument, messageOf } from "../../../errors/errors.ts";
import { checkVolumeName } from "../../volumes/names.ts";
import type { Container, MountPoint } from "../container.ts";
import { checkMount, PROPAGATIONS } from "./mount-check.ts";
import { checkTmpfsOptions } from "./tmpfs-options.ts";

/** Words of a mode, of each row at most one. */
const MODE_ROWS = [["rw", "ro"], ["z", "Z"], ["nocopy"], ["consistent", "cached", "delegated"], PROPAGATIONS];
const MODES = MODE_ROWS.flat();

/**
 * Everything that is to be mounted into a new container: by --volumes-from, -v, --mount, --tmpfs and the image's
 * volumes. Volumes are not made yet: an empty Name stands for an anonymous one.
 * Errors: invalidArgument, with stock's texts.
 */
export function mountPointsOf(
  host: HostConfig,
  imageVolumes: readonly string[],
  find: (reference: string) => Container,
): MountPoint[] {
  const points = new Map<string, MountPoint>();
  for (const spec of host.VolumesFrom ?? []) {
    for (const point of inherited(spec, find)) points.set(point.Destination, point);
  }
  const own = new Set<string>();
  const add = (point: MountPoint) => {
    if (own.has(point.Destination)) throw invalidArgument(`Duplicate mount point: ${point.Destination}`);
    own.add(point.Destination);
    points.set(point.Destination, point);
  };
  for (const bind of host.Binds ?? []) add(parseBind(bind, host.VolumeDriver ?? ""));
  for (const mount of host.Mounts ?? []) add(parseMount(mount));
  for (const [target, options] of Object.entries(host.Tmpfs ?? {})) {
    checkTmpfsOptions(options);
    const destination = posix.normalize(target);
    if (own.has(destination)) throw invalidArgument(`Duplicate mount point: ${destination}`);
    if (!destination.startsWith("/"))
      throw invalidArgument(`invalid mount path: '${target}' mount path must be absolute`);
    if (destination === "/") throw invalidArgument("invalid specification: destination can't be '/'");
    own.add(destination);
    points.delete(destination);
  }
  for (const volume of imageVolumes) {
    const destination = posix.normalize(volume);
    if (!points.has(destination) && !own.has(destination)) points.set(destination, anonymous(destination));
  }
  return [...points.values()];
}

/**
 * A bind of a folder that holds the data root shows mounts of all containers: as a slave unless told otherwise, so that
 * unmounting them here does not wait for the container. As stock does.
 */
export function shieldDataRoot(points: readonly MountPoint[], dataRoot: string): void {
  const within = (outer: string, inner: string) => outer === "/" || `${inner}/`.startsWith(`${outer}/`);
  for (const point of points) {
    const { Type, Source, Propagation, Spec, Relabel } = point;
    if (Type !== "bind" || !(within(Source, dataRoot) || within(dataRoot, Source))) continue;
    const asked =
      Spec.BindOptions?.Propagation ?? Relabel.split(",").find((word) => PROPAGATIONS.includes(word));
    if (!asked) point.Propagation = "rslave";
    else if (Propagation !== "rslave" && Propagation !== "rshared")
      throw invalidArgument(
        `invalid mount config: must use either propagation mode "rslave" or "rshared" when mount source is within the daemon root, daemon root: "${dataRoot}", bind mount source: "${Source}", propagation: "${Propagation}"`,
      );
  }
}

const BASE = {
  Name: "",
  Driver: "",
  Source: "",
  RW: true,
  Relabel: "",
  Propagation: "",
  CopyData: false,
  SkipMountpointCreation: false,
};

function anonymous(destination: string): MountPoint {
  return {
    ...BASE,
    Type: "volume",
    Driver: "",
    Destination: destination,
    CopyData: true,
    Spec: { Type: "volume", Target: destination },
  };
}

function inherited(spec: string, find: (reference: string) => Container): MountPoint[] {
  const [reference = "", mode = "rw"] = spec.split(":", 2);
  if (reference === "") throw invalidArgument("volumes-from specification cannot be an empty string");
  for (const word of mode.split(",")) {
    if (!MODES.includes(word)) throw invalidArgument(`invalid mode: ${mode}`);
  }
  const readonly = mode.split(",").includes("ro");
  return Object.values(lender(reference, find).facts.mountPoints).map((point) => ({
    ...point,
    RW: point.RW && !readonly,
    CopyData: false,
  }));
}

/** A "not found" from here would read as if the image were meant: clients pull it and try again. */
function lender(reference: string, find: (reference: string) => Container): Container {
  try {
    return find(reference);
  } catch (cause) {
    throw invalidArgument(messageOf(cause), { cause });
  }
}

/** -v [source:]destination[:mode]; the CLI turns a lone destination into an anonymous volume. */
function parseBind(text: string, volumeDriver: string): MountPoint {
  const parts = text.split(":");
  const [source = "", target = "", mode = ""] = parts.length === 1 ? ["", text, ""] : parts;
  if (parts.length > 3 || target === "" || (parts.length > 1 && source === "")) {
    throw invalidArgument(`invalid volume specification: '${text}'`);
  }
  const words = mode === "" ? [] : mode.split(",");
  const clash = MODE_ROWS.some((row) => words.filter((word) => row.includes(word)).length > 1);
  if (clash || words.some((word) => !MODES.includes(word))) throw invalidArgument(`invalid mode: ${mode}`);
  const destination = destinationOf(target, text, source.startsWith("/") ? "bind" : "volume");
  const propagation = words.find((word) => PROPAGATIONS.includes(word)) ?? "";
  const common = { ...BASE, Destination: destination, RW: !words.includes("ro"), Relabel: mode };
  if (!source.startsWith("/")) {
    if (propagation !== "") refuseField(text, "volume", "BindOptions");
    if (source !== "") checkVolumeName(source);
    const spec: Mount = { Type: "volume", Source: source, Target: destination };
    return {
      ...common,
      Type: "volume",
      Name: source,
      Driver: volumeDriver,
      CopyData: !words.includes("nocopy"),
      Relabel: mode || "z",
      Spec: spec,
    };
  }
  if (words.includes("nocopy")) refuseField(text, "bind", "VolumeOptions");
  return {
    ...common,
    Type: "bind",
    Source: posix.normalize(source).replace(/(.)\/$/, "$1"),
    Propagation: propagation || "rprivate",
    Spec: { Type: "bind", Source: source, Target: destination, BindOptions: { CreateMountpoint: true } },
  };
}

/** A word of the mode that is for the other kind of mount. */
function refuseField(text: string, type: string, field: string): never {
  throw invalidArgument(
    `invalid volume specification: '${text}': invalid mount config for type "${type}": field ${field} must not be specified`,
  );
}

function destinationOf(target: string, text: string, type: string): string {
  const destination = posix.normalize(target).replace(/(.)\/$/, "$1");
  const refuse = (reason: string) => {
    throw invalidArgument(
      `invalid volume specification: '${text}': invalid mount config for type "${type}": ${reason}`,
    );
  };
  if (!destination.startsWith("/")) refuse(`invalid mount path: '${target}' mount path must be absolute`);
  if (destination === "/") refuse("invalid specification: destination can't be '/'");
  return destination;
}

/** --mount. Errors: invalidArgument. */
export function parseMount(mount: Mount): MountPoint {
  checkMount(mount);
  const type = mount.Type as MountPoint["Type"];
  const destination = posix.normalize(mount.Target ?? "").replace(/(.)\/$/, "$1");
  const common = { ...BASE, Type: type, Destination: destination, RW: !mount.ReadOnly, Spec: mount };
  switch (type) {
    case "volume":
      return {
        ...common,
        Name: mount.Source ?? "",
        Driver: mount.VolumeOptions?.DriverConfig?.Name ?? "",
        CopyData: !mount.VolumeOptions?.NoCopy,
        Relabel: "z",
      };
    case "bind":
      return {
        ...common,
        Source: posix.normalize(mount.Source ?? ""),
        Propagation: mount.BindOptions?.Propagation ?? "rprivate",
        SkipMountpointCreation: !mount.BindOptions?.CreateMountpoint,
      };
    case "image":
      return { ...common, RW: false };
    default:
      return common;
  }
}
