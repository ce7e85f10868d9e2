/** Which fault point a round has one of the programs die at. */
import type { FaultPoint } from "../../src/files/fault.ts";
import type { Random } from "../lib/random.ts";
import type { ChaosChain } from "./chain.ts";

/** Program, point, part of the file's path, and how many passes a round has at least. */
type Place = readonly [program: string, point: FaultPoint, part: string, passes: number];

const SUPERVISED = "docker-containerd";
const SHIM = "docker-containerd-shim";

/** Every kind of state that the chain keeps on disk, between fsync and rename, and around it. */
const PLACES: readonly Place[] = [
  ["dockerd", "atomic.rename", "config.v2.json", 9],
  ["dockerd", "atomic.renamed", "config.v2.json", 9],
  ["dockerd", "atomic.rename", "hostconfig.json", 3],
  ["dockerd", "atomic.rename", "/network/", 1],
  ["dockerd", "atomic.renamed", "/network/", 1],
  ["dockerd", "atomic.rename", "/sandboxes/", 6],
  ["dockerd", "atomic.renamed", "/sandboxes/", 6],
  ["dockerd", "atomic.rename", "/imagedb/", 2],
  ["dockerd", "atomic.rename", "repositories.json", 1],
  ["dockerd", "atomic.renamed", "repositories.json", 1],
  ["dockerd", "layer.commit", "", 1],
  ["dockerd", "layer.committed", "", 1],
  ["dockerd", "layer.mount-record", "", 3],
  ["dockerd", "atomic.rename", "/volumes/", 1],
  ["dockerd", "output.taken", "", 30],
  ["dockerd", "log.appended", "", 30],
  ["dockerd", "log.noted", "", 30],
  ["dockerd", "output.drained", "", 2],
  ["dockerd", "output.ended", "", 2],
  ["dockerd", "output.flushed", "", 2],
  ["dockerd", "event.append", "", 12],
  ["dockerd", "event.appended", "", 12],
  [SUPERVISED, "metadata.committed", "", 8],
  [SUPERVISED, "task.shim-started", "", 3],
  [SUPERVISED, "task.created", "", 3],
  [SUPERVISED, "task.deleted", "", 2],
  [SUPERVISED, "atomic.rename", "address", 3],
  [SHIM, "small-file.rename", "address", 2],
  [SHIM, "small-file.rename", "options.json", 3],
  [SHIM, "small-file.rename", "runtime", 3],
  ["docker-runc", "small-file.rename", "state.json", 4],
  ["docker-runc", "small-file.rename", "pid", 3],
];

export interface Fault {
  program: string;
  /** As PEQUOD_FAULT's file has it. */
  line: string;
}

/** Undefined: daemons die of kills alone. */
export function faultOf(round: number, random: Random, chain: ChaosChain): Fault | undefined {
  if (!random.chance(0.6)) return undefined;
  const [program, point, part, passes] = random.pick(PLACES);
  const place = part === "" ? point : `${point}@${part}`;
  const line = [program, place, random.between(1, passes), chain.at(`fault-${round}`)].join(":");
  return { program, line };
}
