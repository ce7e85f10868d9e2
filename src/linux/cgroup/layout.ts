/** Where this host has its control groups: v1 hierarchies, the one of v2, or both (hybrid). */
import { readSmallFile } from "../fd.ts";

export interface Hierarchy {
  /** 1 for a hierarchy of controllers (or a named one), 2 for the unified one. */
  version: 1 | 2;
  /** "memory", "cpu" and so on, or "name=systemd"; of the unified hierarchy those that it has. */
  controllers: string[];
  mountpoint: string;
  /** The folder of the hierarchy that is mounted there: "/" but in nested containers. */
  root: string;
}

export interface CgroupLayout {
  mode: "v1" | "hybrid" | "v2";
  hierarchies: Hierarchy[];
}

const unescapeOctal = (text: string) =>
  !text.includes("\\")
    ? text
    : text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

const MOUNT_WORDS = new Set(["rw", "ro", "xattr", "noprefix", "clone_children", "cpuset_v2_mode", "none"]);

/** Controllers among the options of a v1 mount: all that are not options of mount(8). */
function controllersOf(options: string): string[] {
  return options.split(",").filter((o) => !MOUNT_WORDS.has(o) && !o.startsWith("release_agent="));
}

/** Reads the layout from the text of /proc/self/mountinfo. */
export function parseLayout(
  mountinfo: string,
  readControllers: (mountpoint: string) => string[],
): CgroupLayout {
  const hierarchies: Hierarchy[] = [];
  for (const line of mountinfo.split("\n")) {
    const dash = line.indexOf(" - cgroup");
    if (dash < 0) continue;
    // By index: this is run at each start, where taking arrays apart by patterns shows.
    const mount = line.slice(0, dash).split(" ");
    const system = line.slice(dash + 3).split(" ");
    const path = unescapeOctal(mount[4]!);
    const version = system[0] === "cgroup2" ? 2 : 1;
    const controllers = version === 2 ? readControllers(path) : controllersOf(system[2]!);
    // The same hierarchy may be mounted more than once: the first is the usual one.
    if (
      hierarchies.some((h) => h.version === version && (version === 2 || h.controllers[0] === controllers[0]))
    )
      continue;
    hierarchies.push({ version, controllers, mountpoint: path, root: unescapeOctal(mount[3]!) });
  }
  const unified = hierarchies.some((h) => h.version === 2);
  const mode = hierarchies.every((h) => h.version === 2) ? "v2" : unified ? "hybrid" : "v1";
  return { mode, hierarchies };
}

function readControllers(mountpoint: string): string[] {
  return readSmallFile(`${mountpoint}/cgroup.controllers`).split(/\s+/).filter(Boolean);
}

let known: CgroupLayout | undefined;

/** The layout of this host, read once. */
export function cgroupLayout(): CgroupLayout {
  known ??= parseLayout(readSmallFile("/proc/self/mountinfo"), readControllers);
  return known;
}

/** The path of a process in each hierarchy, by controller; "" is the unified one. From /proc/PID/cgroup. */
export function cgroupsOfProcess(pid: number | "self"): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of readSmallFile(`/proc/${pid}/cgroup`).trimEnd().split("\n")) {
    const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (names === undefined || path === undefined) continue;
    for (const name of names.split(",")) paths.set(name, path);
  }
  return paths;
}
