/** root, mounts and hooks: what the configuration says of files that must be there. */
import { statSync } from "node:fs";
import type { Spec } from "../../oci/runtime-spec.ts";
import { rootPathOf } from "../compile/container.ts";
import type { Facts } from "../compile/facts.ts";
import { parseMountOptions } from "../compile/mount-options.ts";
import { compileMounts } from "../compile/mounts.ts";
import { pointerOf, type Report } from "./problem.ts";

function kindOf(path: string): "folder" | "file" | "other" | undefined {
  try {
    const found = statSync(path);
    return found.isDirectory() ? "folder" : found.isFile() ? "file" : "other";
  } catch {
    return undefined;
  }
}

/** Adds the problems of root. */
export function checkRoot(report: Report, spec: Spec, bundle: string): void {
  if (!spec.root?.path) {
    report.add("/root/path", "is missing", 'name the root file system, as in "path": "rootfs"');
    return;
  }
  const path = rootPathOf(spec, bundle);
  const kind = kindOf(path);
  if (kind === undefined) report.add("/root/path", `${path} does not exist`, "unpack an image there");
  else if (kind !== "folder") report.add("/root/path", `${path} is not a folder`, "name a folder");
}

/** Adds the problems of mounts, each by itself. */
export function checkMounts(report: Report, spec: Spec, facts: Facts): void {
  (spec.mounts ?? []).forEach((mount, i) => {
    const pointer = pointerOf("mounts", i);
    if (!mount.destination) {
      report.add(`${pointer}/destination`, "is missing", "name the place in the container");
      return;
    }
    if (!mount.destination.startsWith("/"))
      report.add(
        `${pointer}/destination`,
        `${mount.destination} is not an absolute path`,
        `write /${mount.destination}`,
      );
    report.attempt(pointer, "change the mount, or remove it", () =>
      compileMounts({ ...spec, mounts: [mount] }, facts),
    );
    const bind = mount.type === "bind" || parseMountOptions(mount.options ?? []).bind;
    if (!bind || !mount.source) return;
    const source = mount.source.startsWith("/") ? mount.source : `${facts.bundle}/${mount.source}`;
    if (kindOf(source) === undefined)
      report.add(`${pointer}/source`, `${source} does not exist`, "create it, or remove the mount");
  });
}

const HOOK_KINDS = [
  ...(["prestart", "createRuntime", "createContainer", "startContainer"] as const),
  ...(["poststart", "poststop"] as const),
];

/** Adds the problems of hooks that run on the host. Kinds that nobody knows are ignored, as the specification wants. */
export function checkHooks(report: Report, spec: Spec): void {
  for (const kind of HOOK_KINDS) {
    (spec.hooks?.[kind] ?? []).forEach((hook, i) => {
      const pointer = pointerOf("hooks", kind, i);
      if (!hook.path?.startsWith("/"))
        report.add(
          `${pointer}/path`,
          `${JSON.stringify(hook.path)} is not an absolute path`,
          "write the whole path",
        );
      else if (kind !== "startContainer" && kindOf(hook.path) === undefined)
        report.add(
          `${pointer}/path`,
          `${hook.path} does not exist`,
          "install the program, or remove the hook",
        );
      if (hook.timeout !== undefined && hook.timeout <= 0)
        report.add(`${pointer}/timeout`, `${hook.timeout} is no time`, "use seconds above 0, or remove it");
    });
  }
}
