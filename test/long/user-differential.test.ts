/**
 * What users type (test/lib/user-differential/*.txt), in three lanes: the stock client on stock dockerd 20.10, the
 * stock client on ours, and our client on ours. Output and exit code are the same, but for what known.ts names.
 * PEQUOD_SUBJECTS="ports exec" picks some subjects, PEQUOD_LINES=all takes the slow lines too. `make user-differential`.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { STOCK_DOCKERD } from "../../hack/lib/stock-engine.ts";
import { hasComparedClient } from "../lib/both-clients.ts";
import { type Pair, reasonFor, settled } from "../lib/user-differential/known.ts";
import { type LaneName, type Lanes, startLanes } from "../lib/user-differential/lanes.ts";
import { readSubjects } from "../lib/user-differential/subjects.ts";

const here = existsSync(STOCK_DOCKERD) && hasComparedClient();
if (!here)
  console.error("user-differential.test.ts: skipped, stock dockerd or client 28.2.2 is not installed");

const subjects = readSubjects();
/** Stock's lane gets to the last line minutes after the first; each test waits for its own. */
const PATIENCE_MS = 600_000;

let lanes: Lanes;
beforeAll(async () => {
  if (here) lanes = await startLanes(subjects);
});
afterAll(() => lanes?.stop(), PATIENCE_MS);

const PAIRS: [Pair, LaneName, LaneName][] = [
  ["engines", "stock", "mixed"],
  ["clients", "mixed", "ours"],
];

describe.skipIf(!here).each([...subjects.entries()])("%d", (subject, { name, lines }) => {
  test.each([...lines.entries()])(
    `${name} %d: %s`,
    async (at, line) => {
      for (const [pair, one, other] of PAIRS) {
        const [left, right] = await Promise.all([
          lanes.result(one, subject, at),
          lanes.result(other, subject, at),
        ]);
        const reason = reasonFor(pair, line);
        if (reason === undefined) expect({ pair, ...settled(right) }).toEqual({ pair, ...settled(left) });
        else
          expect({ [`differ: ${reason}`]: settled(right) }).not.toEqual({
            [`differ: ${reason}`]: settled(left),
          });
      }
    },
    PATIENCE_MS,
  );
});
