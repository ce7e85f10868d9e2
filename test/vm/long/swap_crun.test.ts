/** All of the swap matrix' cells with crun: `make test-vm FILES=test/vm/long/swap_crun.test.ts`. */
import { crunCells } from "../../../hack/swap/crun.ts";
import { allDaemons } from "../../../hack/swap/parts.ts";

crunCells(allDaemons());
