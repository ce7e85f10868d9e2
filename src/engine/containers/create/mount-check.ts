import { existsSync } from "node:fs";
import { posix } from "node:path";
import type { Mount } from "../../../api/schema.ts";
import { invalidArgument } from "../../../errors/errors.ts";
import { checkVolumeName } from "../../volumes/names.ts";

/** How mounts below a bind mount pass between it and the host. */
export const PROPAGATIONS: readonly string[] = [
  "private",
  "rprivate",
  "shared",
  "rshared",
  "slave",
  "rslave",
];

/** Which options go with which type. */
const OPTIONS: Record<string, keyof Mount> = {
  bind: "BindOptions",
  volume: "VolumeOptions",
  tmpfs: "TmpfsOptions",
  image: "ImageOptions",
};

/** Errors: invalidArgument, with stock's texts. */
export function checkMount(mount: Mount): void {
  // Clients send null for what is not given.
  const [Type, Target, Source] = [mount.Type || "", mount.Target || "", mount.Source || ""];
  const refuse = (why: string) => {
    throw invalidArgument(`invalid mount config for type ${JSON.stringify(Type)}: ${why}`);
  };
  if (Target === "") refuse("field Target must not be empty");
  if (!Object.hasOwn(OPTIONS, Type)) refuse("mount type unknown");
  if (!Target.startsWith("/")) refuse(`invalid mount path: '${Target}' mount path must be absolute`);
  if (posix.normalize(Target) === "/") refuse("invalid specification: destination can't be '/'");
  for (const [type, field] of Object.entries(OPTIONS)) {
    if (type !== Type && mount[field] != null) refuse(`field ${field} must not be specified`);
  }
  switch (Type) {
    case "bind":
      checkBind(mount, Source, refuse);
      return;
    case "tmpfs":
      if (Source !== "") refuse("field Source must not be specified");
      return;
    case "image":
      if (Source === "") refuse("field Source must not be empty");
      checkSubpath(mount.ImageOptions?.Subpath, refuse);
      return;
    default:
      if (Source !== "") checkVolumeName(Source);
      else if (mount.ReadOnly) refuse("must not set ReadOnly mode when using anonymous volumes");
      checkSubpath(mount.VolumeOptions?.Subpath, refuse);
  }
}

function checkSubpath(path: string | undefined, refuse: (why: string) => void): void {
  if (!path) return;
  const inside = !path.startsWith("/") && !posix.normalize(path).startsWith("..");
  if (!inside) refuse(`subpath must be a relative path within the volume, got ${JSON.stringify(path)}`);
}

function checkBind(mount: Mount, source: string, refuse: (why: string) => void): void {
  if (source === "") refuse("field Source must not be empty");
  if (!source.startsWith("/")) refuse(`invalid mount path: '${source}' mount path must be absolute`);
  const propagation = mount.BindOptions?.Propagation ?? "";
  if (propagation !== "" && !PROPAGATIONS.includes(propagation))
    refuse(`invalid propagation mode: ${propagation}`);
  if (!mount.BindOptions?.CreateMountpoint && !existsSync(source)) {
    refuse(`bind source path does not exist: ${source}`);
  }
}
