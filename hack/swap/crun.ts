/** The column of the swap matrix with crun, as tests. */
import { expect, test } from "bun:test";
import { BIN } from "../../test/lib/engine.ts";
import { runCells } from "./matrix.ts";
import { type Cell, CLIS, type Daemons } from "./parts.ts";

/** `limit`: milliseconds for the cells of a combination of daemons, both clients. */
export function crunCells(all: Daemons[], limit: number): void {
  for (const daemons of all)
    test(
      `${daemons.dockerd} + ${daemons.containerd} + ${daemons.shim} + crun`,
      async () => {
        const cells = CLIS.map((cli): Cell => ({ daemons, cli, runtime: "crun" }));
        const results = await runCells(daemons, cells, BIN, cells.length);
        expect(results.map(({ verdict }) => verdict)).toEqual(cells.map(() => "passed"));
      },
      limit,
    );
}
