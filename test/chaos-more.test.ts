/** Other rounds than chaos.test.ts has, so that two run at the same time. */
import { expectNothingLost } from "./lib/chaos.ts";

expectNothingLost(4);
