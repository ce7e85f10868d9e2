/** Some rounds of `make chaos`, always of the same choices; chaos-more.test.ts has others. */
import { expectNothingLost } from "./lib/chaos.ts";

expectNothingLost(3);
