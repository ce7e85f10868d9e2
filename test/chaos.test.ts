/** Half of the rounds of `make chaos`, always of the same choices; chaos_more.test.ts has the other half. */
import { expectNothingLost } from "./lib/chaos.ts";

expectNothingLost(3);
