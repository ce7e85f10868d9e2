/** A part of `make swap-matrix` in which each stock part stands once among ours, with every client and runtime. */
import { describe, expect, test } from "bun:test";
import { runCells } from "../hack/swap/matrix.ts";
import type { Cell, Daemons } from "../hack/swap/parts.ts";
import { BIN } from "./lib/engine.ts";

const LONG = 120_000;

const ALL: Daemons[] = [
  { dockerd: "our dockerd", containerd: "stock containerd", shim: "our shim" },
  { dockerd: "our dockerd", containerd: "our containerd", shim: "stock shim" },
  { dockerd: "stock dockerd", containerd: "our containerd", shim: "our shim" },
];

describe("the scenario of the swap matrix", () => {
  for (const daemons of ALL)
    test(
      `${daemons.dockerd} + ${daemons.containerd} + ${daemons.shim}`,
      async () => {
        const cells: Cell[] = [
          { daemons, cli: "stock CLI", runtime: "docker-runc" },
          { daemons, cli: "our CLI", runtime: "runc" },
        ];
        const results = await runCells(daemons, cells, BIN, cells.length);
        expect(results.map(({ verdict }) => verdict)).toEqual(["passed", "passed"]);
      },
      LONG,
    );
});
