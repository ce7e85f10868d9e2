/** Device nodes and links in /dev. */
import { invalidArgument } from "../../errors/errors.ts";
import type { LinuxDevice, Spec } from "../../oci/runtime-spec.ts";
import type { Op, Plan } from "../plan/ops.ts";
import { cleanPath, ownsDev } from "./mounts.ts";

const TYPES: Readonly<Record<string, number>> = { c: 0o020000, u: 0o020000, b: 0o060000, p: 0o010000 };

const node = (path: string, major: number, minor: number): LinuxDevice => ({
  path,
  type: "c",
  major,
  minor,
  fileMode: 0o666,
});

/** What the specification wants in every container. */
const STANDARD: readonly LinuxDevice[] = [
  node("/dev/null", 1, 3),
  node("/dev/zero", 1, 5),
  node("/dev/full", 1, 7),
  node("/dev/random", 1, 8),
  node("/dev/urandom", 1, 9),
  node("/dev/tty", 5, 0),
];

const LINKS: readonly (readonly [string, string])[] = [
  ["/proc/self/fd", "/dev/fd"],
  ["/proc/self/fd/0", "/dev/stdin"],
  ["/proc/self/fd/1", "/dev/stdout"],
  ["/proc/self/fd/2", "/dev/stderr"],
];

function bindNode(tag: string, path: string): Op {
  return {
    op: "bind",
    tag,
    target: path,
    source: path,
    recursive: 0,
    set: 0,
    clear: 0,
    treeSet: 0,
    treeClear: 0,
    propagation: 0,
    treePropagation: 0,
    inProc: 0,
    prepared: 0,
  };
}

function deviceOp(device: LinuxDevice, tag: string, canMake: boolean): Op {
  const type = TYPES[device.type];
  if (type === undefined)
    throw invalidArgument(
      `${tag}: device ${device.path} of type ${JSON.stringify(device.type)}: want c, b, u or p`,
    );
  const path = cleanPath(device.path);
  if (!canMake && device.type !== "p") return bindNode(tag, path);
  const mode = type | (device.fileMode ?? 0o666);
  const { major = 0, minor = 0, uid = 0, gid = 0 } = device;
  return { op: "mknod", tag, mode, major, minor, uid, gid, path };
}

/** The nodes, standard ones first. Without the right to make them (user namespace), the host's are bound. */
export function compileDevices(spec: Spec, canMake: boolean, kcore: boolean): Plan {
  if (!ownsDev(spec)) return [];
  const asked = spec.linux?.devices ?? [];
  const named = new Set(asked.map((device) => cleanPath(device.path)));
  const plan: Plan = STANDARD.filter((device) => !named.has(device.path)).map((device) =>
    deviceOp(device, "standard devices", canMake),
  );
  asked.forEach((device, i) => {
    if (cleanPath(device.path) !== "/dev/ptmx") plan.push(deviceOp(device, `linux.devices[${i}]`, canMake));
  });
  const links = kcore ? [...LINKS, ["/proc/kcore", "/dev/core"] as const] : LINKS;
  for (const [content, path] of links) plan.push({ op: "symlink", tag: "standard devices", content, path });
  plan.push({ op: "symlink", tag: "standard devices", content: "pts/ptmx", path: "/dev/ptmx" });
  return plan;
}
