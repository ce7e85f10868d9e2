import { join } from "node:path";
import { writeBusyboxImage } from "../lib/busybox-image.ts";
import { ChaosChain, type Totals } from "./chain.ts";
import { EventLog } from "./events.ts";
import { Random } from "./random.ts";
import { runRound } from "./round.ts";

export interface ChaosOptions {
  rounds: number;
  seed: number;
  /** Folder of the programs. */
  bin: string;
  /** Go on after a round with faults; default false. */
  keepGoing?: boolean;
  say(line: string): void;
}

export interface ChaosResult {
  totals: Totals;
  faults: string[];
}

/** Runs the rounds. Each round's choices follow from the seed and its number alone, so that one can be repeated. */
export async function runChaos({ rounds, seed, bin, keepGoing, say }: ChaosOptions): Promise<ChaosResult> {
  const chain = new ChaosChain(bin);
  const events = new EventLog(chain);
  const totals: Totals = { rounds: 0, kills: {}, recoveries: 0 };
  const faults: string[] = [];
  try {
    await chain.mend();
    const archive = join(chain.folder, "busybox.tar");
    writeBusyboxImage(archive);
    const loaded = chain.docker("load", "-i", archive);
    if (loaded.code !== 0) throw new Error(`docker load: ${loaded.output}`);
    events.follow();
    for (let round = 0; round < rounds; round++) {
      const all = await runRound(chain, events, round, new Random(seed * 10_007 + round), totals);
      totals.rounds++;
      // What is left over stays so, and is told once.
      const found = all.filter((fault) => !faults.includes(fault));
      for (const fault of found) say(`round ${round}: ${fault}`);
      faults.push(...found);
      if (found.length > 0 && !keepGoing) say(chain.lastWords());
      if (found.length > 0 && !keepGoing) break;
    }
  } finally {
    events.stop();
    await chain.stop();
  }
  return { totals, faults };
}
