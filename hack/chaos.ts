/**
 * Kills processes of the chain at random, and checks that nothing is lost.
 *
 *   hack/isolated bun hack/chaos.ts [--rounds N] [--seed N] [--bin FOLDER] [--keep-going]
 *
 * Ends with 1 when anything was lost. The same seed makes the same choices; the processes' own timing differs.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runChaos } from "./chaos/run.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    seed: { type: "string" },
    bin: { type: "string", default: ".build/bin" },
    "keep-going": { type: "boolean", default: false },
  },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
console.log(`seed ${seed}`);
const { totals, faults } = await runChaos({
  rounds: Number(values.rounds),
  seed,
  bin: resolve(values.bin),
  keepGoing: values["keep-going"],
  say: console.log,
});
const kills = Object.entries(totals.kills).map(([name, count]) => `${name} ${count}`);
console.log(`${totals.rounds} rounds, kills: ${kills.join(", ") || "none"}; ${totals.recoveries} recoveries`);
console.log(faults.length === 0 ? "nothing lost" : `${faults.length} faults`);
process.exitCode = faults.length > 0 ? 1 : 0;
