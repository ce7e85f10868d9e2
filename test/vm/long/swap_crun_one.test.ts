/** One of the swap matrix' combinations with crun, to see whether the others are worth the time. */
import { crunCells } from "../../../hack/swap/crun.ts";

crunCells([{ dockerd: "our dockerd", containerd: "our containerd", shim: "our shim" }]);
