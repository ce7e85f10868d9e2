/**
 * The swap matrix: the same scenario over every combination of stock's and our parts.
 *
 *   hack/isolated bun hack/swap-matrix.ts [--bin FOLDER] [FILTER ...]
 *
 * A filter is part of the name of a combination of daemons, such as "stock dockerd"; all filters must match. Prints a
 * Markdown table; ends with 1 when a cell has not passed.
 */
import { resolve } from "node:path";
import { hideUnified } from "./swap/layout.ts";
import { IMPOSSIBLE, markdown, type Result, runCells } from "./swap/matrix.ts";
import { allDaemons, cellsOn, nameOf, type RuntimeName } from "./swap/parts.ts";

const args = process.argv.slice(2);
const at = args.indexOf("--bin");
const bin = resolve(at >= 0 ? args.splice(at, 2)[1]! : ".build/bin");

const results: Result[] = [];

async function column(runtimes: readonly RuntimeName[]): Promise<void> {
  for (const daemons of allDaemons()) {
    const name = [daemons.dockerd, daemons.containerd, daemons.shim].join(" + ");
    if (!args.every((filter) => name.includes(filter))) continue;
    const start = performance.now();
    const cells = await runCells(daemons, cellsOn(daemons, runtimes), bin);
    const good = cells.filter(({ verdict }) => verdict === "passed").length;
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.error(`${name}, ${runtimes.join(" and ")}: ${good} of ${cells.length} passed in ${seconds} s`);
    for (const { cell, verdict } of cells)
      if (verdict !== "passed" && !verdict.startsWith(IMPOSSIBLE))
        console.error(`  ${nameOf(cell)}: ${verdict}`);
    results.push(...cells);
  }
}

await column(["docker-runc", "runc"]);
// The last, for crun does not run in a layout in which the others should be shown to.
hideUnified();
await column(["crun"]);
console.log(markdown(results));
const passed = results.filter(({ verdict }) => verdict === "passed").length;
const impossible = results.filter(({ verdict }) => verdict.startsWith(IMPOSSIBLE)).length;
const failed = results.length - passed - impossible;
console.log(`\n${passed} combinations passed, ${failed} failed, ${impossible} cannot be on this machine`);
process.exitCode = failed > 0 ? 1 : 0;
