/**
 * The three lanes: stock's client on stock's engine, on ours, and our client on ours. Each is two engines, for one half
 * of the subjects each.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../../../hack/lib/busybox-image.ts";
import { type RunningEngine, startChain } from "../../../hack/lib/chain.ts";
import { startStockEngine } from "../../../hack/lib/stock-engine.ts";
import { BIN, OUR_CLI, type Result, STOCK_CLI } from "../engine.ts";
import { Lane, type Namespace, openNamespace } from "./lane.ts";
import { comparable } from "./plain.ts";
import type { Subject } from "./subjects.ts";

export const LANES = ["stock", "mixed", "ours"] as const;
export type LaneName = (typeof LANES)[number];

export interface Lanes {
  /** What came of a line, made comparable; waits until the lane has got there. Throws when the lane broke. */
  result(lane: LaneName, subject: number, line: number): Promise<Result>;
  /** Ends engines and lanes, and takes their folders away. */
  stop(): Promise<void>;
}

/** An engine, and the subjects that it is for. */
interface Half {
  lane: Lane;
  folder: string;
  engine: RunningEngine;
  namespace: Namespace;
}

async function openHalf(base: string, name: LaneName, half: number): Promise<Half> {
  // Of one length, so that columns of tables are as wide.
  const folder = join(base, `${name.padEnd(5, "-")}${half}`);
  mkdirSync(folder);
  const namespace = await openNamespace();
  const { prefix } = namespace;
  const client = name === "ours" ? OUR_CLI : STOCK_CLI;
  const engine =
    name === "stock"
      ? await startStockEngine({ folder, prefix, client })
      : await startChain({ folder, client, daemonPrograms: BIN, prefix, debug: false });
  const loaded = engine.docker("load", "-i", join(base, "busybox.tar"));
  if (loaded.code !== 0) throw new Error(loaded.output);
  return { lane: new Lane({ folder, client, host: engine.host, prefix }), folder, engine, namespace };
}

const HALVES = 2;

class Results {
  readonly #all: PromiseWithResolvers<Result>[][];

  constructor(subjects: Subject[]) {
    this.#all = subjects.map(({ lines }) =>
      lines.map(() => {
        const one = Promise.withResolvers<Result>();
        // Somebody asks later; that nobody has yet is no mistake.
        one.promise.catch(() => {});
        return one;
      }),
    );
  }

  of(subject: number, line: number): PromiseWithResolvers<Result> {
    return this.#all[subject]![line]!;
  }

  break(error: unknown): void {
    for (const { reject } of this.#all.flat()) reject(error);
  }
}

/** Takes the next subject until there is none. */
async function runThrough(
  half: Half,
  subjects: Subject[],
  waiting: number[],
  results: Results,
): Promise<void> {
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    const subject = at;
    await half.lane.run(subjects[subject]!, (line, result) =>
      results.of(subject, line).resolve(comparable(result, half.folder)),
    );
  }
}

/** What a half left mounted, such as a namespace or a volume of a container, does not let its folder go. */
async function unmountBelow(folder: string): Promise<void> {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.reverse()) await Bun.spawn(["umount", "-l", point]).exited;
}

/** Resolves when the engines are there; the lanes then run through all subjects, each at its own pace. */
export async function startLanes(subjects: Subject[]): Promise<Lanes> {
  const base = mkdtempSync("/tmp/pequod-user-");
  writeBusyboxImage(join(base, "busybox.tar"));
  const lanes = await Promise.all(
    LANES.map(async (name) => {
      const halves = await Promise.all(
        Array.from({ length: HALVES }, (_, half) => openHalf(base, name, half)),
      );
      return { halves, results: new Results(subjects), waiting: [...subjects.keys()] };
    }),
  );
  const running = lanes.flatMap(({ halves, results, waiting }) =>
    halves.map((half) =>
      runThrough(half, subjects, waiting, results).catch((error: unknown) => results.break(error)),
    ),
  );
  const halves = lanes.flatMap((lane) => lane.halves);
  return {
    result: (lane, subject, line) => lanes[LANES.indexOf(lane)]!.results.of(subject, line).promise,
    async stop() {
      await Promise.all(running);
      await Promise.all(halves.map(({ engine }) => engine.stop()));
      await Promise.all(halves.map(({ namespace }) => namespace.end()));
      await unmountBelow(base);
      rmSync(base, { recursive: true, force: true });
    },
  };
}
