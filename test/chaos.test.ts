/** A few rounds of `make chaos`, always of the same choices. */
import { expect, test } from "bun:test";
import { runChaos } from "../hack/chaos/run.ts";
import { BIN } from "./lib/engine.ts";

const LONG = 180_000;

test(
  "kill -9 of dockerd, docker-containerd, shims and docker-runc loses nothing",
  async () => {
    const { totals, faults } = await runChaos({ rounds: 12, seed: 3, bin: BIN, say: console.log });
    expect(faults).toEqual([]);
    expect(totals.rounds).toBe(12);
    expect(totals.recoveries).toBeGreaterThan(0);
  },
  LONG,
);
