import { expect, test } from "bun:test";
import { runChaos } from "../../hack/chaos/run.ts";
import { BIN } from "./engine.ts";

/** Two files run: 20 in all. `make chaos` has 200, which find what one round of some hundred shows; PEQUOD_CHAOS_ROUNDS for more. */
const ROUNDS = Number(process.env["PEQUOD_CHAOS_ROUNDS"] ?? 10);

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
