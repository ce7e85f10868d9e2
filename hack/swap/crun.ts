/** The column of the swap matrix with crun, as tests. */
import { expect, test } from "bun:test";
import { BIN } from "../../test/lib/engine.ts";
import { runCells } from "./matrix.ts";
import { type Cell, CLIS, type CliName, type Daemons } from "./parts.ts";
import { STEPS } from "./scenario.ts";

interface CrunOptions {
  clis?: readonly CliName[];
  /** Names of the steps to do before the daemons are restarted; all unless told otherwise. */
  steps?: readonly string[];
  /** Milliseconds for a combination of daemons. */
  limit?: number;
}

export function crunCells(all: Daemons[], { clis = CLIS, steps, limit = 120_000 }: CrunOptions = {}): void {
  const chosen = STEPS.filter(({ name }) => steps?.includes(name) ?? true);
  for (const daemons of all)
    test(
      `${daemons.dockerd} + ${daemons.containerd} + ${daemons.shim} + crun`,
      async () => {
        const cells = clis.map((cli): Cell => ({ daemons, cli, runtime: "crun" }));
        const results = await runCells(daemons, cells, BIN, cells.length, chosen);
        expect(results.map(({ verdict }) => verdict)).toEqual(cells.map(() => "passed"));
      },
      limit,
    );
}
