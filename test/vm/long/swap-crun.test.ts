/**
 * crun with control groups of version 2, by a part of the swap matrix' scenario, for the machine is emulated:
 * `make test-vm FILES=test/vm/long/swap-crun.test.ts`.
 */
import { crunCells } from "../../../hack/swap/crun.ts";

crunCells(
  [
    { dockerd: "our dockerd", containerd: "our containerd", shim: "our shim" },
    { dockerd: "our dockerd", containerd: "stock containerd", shim: "our shim" },
  ],
  {
    clis: ["our CLI"],
    steps: [
      "create, attach in and out",
      "start",
      "exec",
      "limits",
      "signals",
      "pause",
      "stats",
      "exit codes",
    ],
    limit: 600_000,
  },
);
