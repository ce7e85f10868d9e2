import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../lib/busybox-image.ts";
import { Random } from "../lib/random.ts";
import { ChaosChain, type Totals } from "./chain.ts";
import { EventLog } from "./events.ts";
import { LeftoverWatch } from "./leftovers.ts";
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
  const run = {
    chain,
    events: new EventLog(chain),
    left: new LeftoverWatch(chain),
    totals: { rounds: 0, kills: {}, recoveries: 0 } as Totals,
  };
  const faults: string[] = [];
  const tell = (when: string, found: string[]) => {
    for (const fault of found) say(`${when}: ${fault}`);
    faults.push(...found);
  };
  say(`in ${chain.folder}`);
  try {
    await prepare(chain);
    run.events.follow();
    for (let number = 0; number < rounds && (keepGoing || faults.length === 0); number++) {
      tell(`round ${number}`, await runRound(run, number, new Random(seed * 10_007 + number)));
      run.totals.rounds++;
    }
    tell("at the end", await run.left.end());
    if (faults.length > 0) say(chain.lastWords());
    run.events.stop();
    await chain.end();
    tell("at the end", await checkRoot(chain));
  } finally {
    run.events.stop();
    await chain.stop();
  }
  return { totals: run.totals, faults };
}

async function prepare(chain: ChaosChain): Promise<void> {
  await chain.mend();
  const archive = join(chain.folder, "busybox.tar");
  writeBusyboxImage(archive);
  const loaded = await chain.docker("load", "-i", archive);
  if (loaded.code !== 0) throw new Error(`docker load: ${loaded.stderr}`);
}

/** What `dockerd fsck` says of the data root, once nobody uses it. */
async function checkRoot(chain: ChaosChain): Promise<string[]> {
  if (!existsSync(chain.at("root"))) return [];
  const child = Bun.spawn([join(chain.bin, "dockerd"), "fsck", "-g", chain.at("root")], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
  await child.exited;
  // A layer that was committed for an image which did not come to be saves the next pull its download.
  const found = said
    .split("\n")
    .filter((line) => /^ {2}\S/.test(line) && !line.includes(": no image and no container needs it"));
  return found.map((line) => `dockerd fsck: ${line.trim()}`);
}
