/** The containers of a round: each writes numbered lines and ends with a code that is known beforehand. */
import { readFileSync } from "node:fs";
import type { Random } from "../lib/random.ts";
import { type ChaosChain, OTHER_BUILD } from "./chain.ts";

export interface Subject {
  name: string;
  /** How many lines it writes; 0 for without end, until it is told to stop. */
  lines: number;
  code: number;
  /** Milliseconds after the round's beginning at which it is started. */
  delay: number;
  /** Its OCI runtime, as dockerd knows it. */
  runtime: string;
  /** Removed by the engine when it ends. */
  autoRemove: boolean;
  /** Whether it runs out of memory before it ends. */
  outOfMemory: boolean;
  /** Whether it has a volume. */
  volume: boolean;
  /** A process that is started in it once it runs; undefined if none was acknowledged. */
  exec: { id: string; code: number } | undefined;
  /** Whether `docker run` said that it runs. */
  acknowledged: boolean;
  /** Whether its shim was killed: then it dies with it. */
  shimKilled: boolean;
  /** Whether a shim was killed that may have been about to get it. */
  shimInDoubt: boolean;
}

/** More than LIMIT; the shell goes on. */
const OUT_OF_MEMORY = "dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null; ";
const LIMIT = ["-m", "16m", "--memory-swap", "16m"];

const script = ({ lines, code, outOfMemory }: Subject) =>
  lines > 0
    ? `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo line $i; usleep 20000; done; ${outOfMemory ? OUT_OF_MEMORY : ""}exit ${code}`
    : `trap 'exit ${code}' TERM; i=0; while :; do i=$((i+1)); echo line $i; usleep 50000; done`;

/** What a round begins with: one without end, some that end, and one that is removed then. */
export function subjectsOf(round: number, random: Random): Subject[] {
  return Array.from({ length: 4 }, (_, i) => ({
    name: `r${round}-${i}`,
    lines: i === 0 ? 0 : random.between(3, 40),
    code: random.between(1, 99),
    delay: i * random.between(0, 150),
    runtime: random.chance(0.5) ? OTHER_BUILD : "x",
    autoRemove: i === 3,
    outOfMemory: i === 2,
    volume: i === 1,
    exec: undefined,
    acknowledged: false,
    shimKilled: false,
    shimInDoubt: false,
  }));
}

/** Starts one; a daemon's death may get in between. */
export async function launch(chain: ChaosChain, subject: Subject): Promise<void> {
  const { name, autoRemove, runtime, outOfMemory, volume } = subject;
  await Bun.sleep(subject.delay);
  const options = ["-d", "--name", name, "--runtime", runtime, ...(autoRemove ? ["--rm"] : [])];
  if (outOfMemory) options.push(...LIMIT);
  if (volume) options.push("-v", "/data");
  const { code } = await chain.docker("run", ...options, "busybox", "sh", "-c", script(subject));
  subject.acknowledged = code === 0;
  if (subject.acknowledged && subject.lines === 0) await launchExec(chain, subject);
}

/** A process beside the first one, that ends by itself. */
async function launchExec({ api }: ChaosChain, subject: Subject): Promise<void> {
  const code = subject.code + 1;
  const Cmd = ["sh", "-c", `usleep 150000; exit ${code}`];
  try {
    const made = await api.send("POST", `/containers/${subject.name}/exec`, { Cmd });
    if (made.status !== 201) return;
    const { Id: id } = JSON.parse(new TextDecoder().decode(made.body)) as { Id: string };
    const started = await api.send("POST", `/exec/${id}/start`, { Detach: true });
    if (started.status === 200) subject.exec = { id, code };
  } catch {
    // A daemon died.
  }
}

/** The ids of containers whose processes are a shim's children. */
export function containersUnder(shim: number): string[] {
  try {
    const children = readFileSync(`/proc/${shim}/task/${shim}/children`, "utf8")
      .trim()
      .split(" ")
      .filter(Boolean);
    return children.flatMap(
      (pid) => /docker\/([0-9a-f]{64})/.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1] ?? [],
    );
  } catch {
    return [];
  }
}
