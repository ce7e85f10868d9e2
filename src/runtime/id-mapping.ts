/** Who is who in a new user namespace: /proc/PID/uid_map and gid_map. */
import { invalidArgument, messageOf, systemError } from "../errors/errors.ts";
import { writeControlFile } from "../linux/fd.ts";
import { spawn } from "../linux/spawn.ts";
import { waitFor } from "../linux/wait.ts";
import type { Linux, LinuxIDMapping } from "../oci/runtime-spec.ts";

type Kind = "uid" | "gid";

const lines = (mappings: readonly LinuxIDMapping[]) =>
  mappings.map((m) => `${m.containerID} ${m.hostID} ${m.size}\n`).join("");

/** newuidmap(1) and newgidmap(1) may map what /etc/subuid and /etc/subgid grant to this user. */
function mapByHelper(kind: Kind, pid: number, mappings: readonly LinuxIDMapping[]): void {
  const program = Bun.which(`new${kind}map`);
  if (!program)
    throw systemError(
      `linux.${kind}Mappings: without root this takes new${kind}map, which is not installed (package uidmap)`,
    );
  const numbers = mappings.flatMap((m) => [m.containerID, m.hostID, m.size]).map(String);
  const child = spawn({ path: program, argv: [program, String(pid), ...numbers], env: [], fds: [0, 1, 2] });
  const status = waitFor(child);
  if (status !== 0)
    throw systemError(
      `linux.${kind}Mappings: new${kind}map failed with exit status ${status}: are the ids granted in /etc/sub${kind}?`,
    );
}

function write(kind: Kind, pid: number, mappings: readonly LinuxIDMapping[]): void {
  const own = kind === "uid" ? process.geteuid?.() : process.getegid?.();
  const single = mappings.length === 1 && mappings[0]!.size === 1 && mappings[0]!.hostID === own;
  if (process.geteuid?.() !== 0 && !single) {
    mapByHelper(kind, pid, mappings);
    return;
  }
  try {
    if (kind === "gid" && process.geteuid?.() !== 0) writeControlFile(`/proc/${pid}/setgroups`, "deny");
    writeControlFile(`/proc/${pid}/${kind}_map`, lines(mappings));
  } catch (error) {
    throw systemError(`linux.${kind}Mappings: write /proc/${pid}/${kind}_map: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Writes the mappings of the process that waits for them. */
export function writeMappings(pid: number, linux: Linux): void {
  for (const kind of ["uid", "gid"] as const) {
    const mappings = linux[`${kind}Mappings`];
    if (!mappings?.length)
      throw invalidArgument(`linux.${kind}Mappings: a new user namespace needs at least one mapping`);
    write(kind, pid, mappings);
  }
}
