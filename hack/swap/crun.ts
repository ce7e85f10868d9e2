/** The column of the swap matrix that only a machine with cgroup v2 alone has. */
import { expect, test } from "bun:test";
import { BIN } from "../../test/lib/engine.ts";
import { runCells } from "./matrix.ts";
import { type Cell, CLIS, type Daemons } from "./parts.ts";

/** An emulated machine is slow. */
const LONG = 400_000;

export function crunCells(all: Daemons[]): void {
  for (const daemons of all)
    test(
      `${daemons.dockerd} + ${daemons.containerd} + ${daemons.shim} + crun`,
      async () => {
        const cells = CLIS.map((cli): Cell => ({ daemons, cli, runtime: "crun" }));
        const results = await runCells(daemons, cells, BIN, cells.length);
        expect(results.map(({ verdict }) => verdict)).toEqual(cells.map(() => "passed"));
      },
      LONG,
    );
}
