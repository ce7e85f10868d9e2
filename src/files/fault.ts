/**
 * Fault points: places in the code at which a test can have the process die as if by kill -9. They are dead unless
 * PEQUOD_FAULT names a file, whose only line says which, and which may change while the process runs:
 *
 *   PROGRAM:POINT[@PART]:COUNT:MARKER   such as dockerd:atomic.rename@config.v2.json:3:/tmp/died
 *   PROGRAM:*:COUNT:MARKER              at whichever point it passes as the COUNT-th
 *
 * The program dies the COUNT-th time that it passes the point (of a file whose path has PART in it), if it can create
 * the file MARKER: so once, although the file is there for the others and the program is started again.
 */

/** All points, and where they are, for tests to choose from. */
const FAULT_POINTS = {
  /** A file is written and synced under its temporary name, and not renamed yet. */
  "atomic.rename": "src/files/atomic.ts",
  /** It is renamed, and nobody has been told. */
  "atomic.renamed": "src/files/atomic.ts",
  /** As atomic.rename, in shim and runtime. */
  "small-file.rename": "src/linux/fd.ts",
  /** An event has happened and is not in the journal yet. */
  "event.append": "src/engine/events/journal.ts",
  /** It is in the journal, and nobody has been told. */
  "event.appended": "src/engine/events/journal.ts",
  /** Output has left the FIFO and is not in the log yet. */
  "output.taken": "src/engine/containers/io/output.ts",
  /** The log has been put aside and there is no new one, or nothing in it. */
  "log.rotated": "src/engine/logs/files/rotated.ts",
  /** Lines are in the log, and nobody has noted it. */
  "log.appended": "src/engine/logs/files/driver.ts",
  /** It is noted, and those attached have not got the output. */
  "log.noted": "src/engine/containers/io/spool.ts",
  /** The process has ended, and all it printed has left the FIFOs, which the shim still holds. */
  "output.drained": "src/engine/containers/lifecycle/exit.ts",
  /** All of the output but an unfinished line is in the log. */
  "output.ended": "src/engine/containers/io/process-io.ts",
  /** All of it is, and the FIFOs are still there. */
  "output.flushed": "src/engine/containers/io/process-io.ts",
  /** A layer is unpacked and its record is prepared, but does not stand. */
  "layer.commit": "src/images/layers/records.ts",
  /** It stands, and nobody has been told. */
  "layer.committed": "src/images/layers/records.ts",
  /** A container's own layer is made, and not recorded yet. */
  "layer.mount-record": "src/images/layers/records.ts",
  /** All layers and containers are copied, and images' configurations and names. */
  "migrate.copied": "src/images/migrate/migrate.ts",
  /** A layer of the old copy is about to be removed. */
  "migrate.remove-layer": "src/images/migrate/migrate.ts",
  /** A folder of the old copy is out of sight, and not removed yet. */
  "migrate.hidden": "src/images/migrate/migrate.ts",
  /** All is done but the removal of the record. */
  "migrate.end": "src/images/migrate/migrate.ts",
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

let armed = "";
let passed = 0;
/** Looked up once: some points are passed for every line that a container prints. */
let wantedIn: string | undefined | null = null;

/** Dies here if a test wants it; `path` is the file that it is about. */
export function faultPoint(name: FaultPoint, path = ""): void {
  if (wantedIn === null) wantedIn = process.env["PEQUOD_FAULT"];
  if (wantedIn !== undefined) pass(wantedIn, name, path);
}

function pass(file: string, name: FaultPoint, path: string): void {
  // Not imported above: lean programs go without node:fs.
  const { closeSync, openSync, readFileSync } = process.getBuiltinModule("node:fs");
  let wanted: string;
  try {
    wanted = readFileSync(file, "utf8").trim();
  } catch {
    return;
  }
  if (wanted !== armed) [armed, passed] = [wanted, 0];
  const [program, place, count, marker] = wanted.split(":");
  const [point, part] = (place ?? "").split("@");
  if ((point !== name && point !== "*") || !path.includes(part ?? "") || !process.argv0.endsWith(program!))
    return;
  passed++;
  if (passed < Number(count)) return;
  try {
    closeSync(openSync(marker!, "wx"));
  } catch {
    return;
  }
  process.kill(process.pid, "SIGKILL");
}
