/**
 * Fault points: places in the code at which a test can have the process die as if by kill -9. They are dead unless
 * PEQUOD_FAULT says otherwise:
 *
 *   PEQUOD_FAULT=PROGRAM:POINT:COUNT:MARKER   such as dockerd:atomic.rename:3:/tmp/died
 *
 * The program dies the COUNT-th time that it passes the point, if it can create the file MARKER: so once, although
 * the variable is inherited and the program is started again.
 */
/** All points, for tests to choose from. */
export const FAULT_POINTS = {
  /** A file is written and synced under its temporary name, and not renamed yet. */
  "atomic.rename": "src/files/atomic.ts",
  /** It is renamed, and nobody has been told. */
  "atomic.renamed": "src/files/atomic.ts",
  /** As atomic.rename, in shim and runtime. */
  "small-file.rename": "src/linux/fd.ts",
  /** docker-containerd has changed its metadata and not answered yet. */
  "metadata.committed": "src/containerd/metadata/database.ts",
  /** The shim runs and has no task yet. */
  "task.shim-started": "src/containerd/tasks/manager.ts",
  /** The task is created and the client does not know. */
  "task.created": "src/containerd/tasks/manager.ts",
  /** The shim has deleted the task, whose bundle is still there. */
  "task.deleted": "src/containerd/tasks/manager.ts",
} as const;

export type FaultPoint = keyof typeof FAULT_POINTS;

let passed = 0;

/** Dies here if a test wants it. */
export function faultPoint(name: FaultPoint): void {
  const wanted = process.env["PEQUOD_FAULT"];
  if (wanted !== undefined) pass(name, wanted);
}

function pass(name: FaultPoint, wanted: string): void {
  const [program, point, count, marker] = wanted.split(":");
  if (point !== name || !process.argv0.endsWith(program!)) return;
  passed++;
  if (passed < Number(count)) return;
  // Not imported above: lean programs go without node:fs.
  const { closeSync, openSync } = process.getBuiltinModule("node:fs");
  try {
    closeSync(openSync(marker!, "wx"));
  } catch {
    return;
  }
  process.kill(process.pid, "SIGKILL");
}
