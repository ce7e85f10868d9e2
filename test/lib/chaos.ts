import { expect, test } from "bun:test";
import { runChaos } from "../../hack/chaos/run.ts";
import { BIN } from "./engine.ts";

/** Two files run at once: 200 in all. */
const ROUNDS = Number(process.env["PEQUOD_CHAOS_ROUNDS"] ?? 100);

/** A second a round, on a busy machine some more. */
const LONG = 11 * 60_000;

/** One run of `make chaos`. */
export function expectNothingLost(seed: number): void {
  test(
    "kill -9 of dockerd, docker-containerd, shims and docker-runc loses nothing",
    async () => {
      const { totals, faults } = await runChaos({ rounds: ROUNDS, seed, bin: BIN, say: console.log });
      expect(faults).toEqual([]);
      expect(totals.rounds).toBe(ROUNDS);
      expect(totals.recoveries).toBeGreaterThan(0);
    },
    LONG,
  );
}
