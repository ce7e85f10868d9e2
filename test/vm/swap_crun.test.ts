/** The swap matrix with crun, which takes cgroup v2 only: each of the daemons' parts once. */
import { crunCells } from "../../hack/swap/crun.ts";

crunCells([
  { dockerd: "our dockerd", containerd: "our containerd", shim: "our shim" },
  { dockerd: "our dockerd", containerd: "stock containerd", shim: "stock shim" },
]);
