/** The part of the swap matrix with crun, each of our parts once among stock's; with control groups as crun takes them. */
import { crunCells } from "../hack/swap/crun.ts";
import { hideUnified } from "../hack/swap/layout.ts";

hideUnified();
crunCells([
  { dockerd: "our dockerd", containerd: "our containerd", shim: "our shim" },
  { dockerd: "stock dockerd", containerd: "stock containerd", shim: "our shim" },
]);
