/** Two sides measured in turn, A B A B, so that a drift of the machine's speed meets both alike. */

/** One side of a comparison: does the work once. */
export type Side = () => void | Promise<void>;

export interface Comparison {
  name: string;
  /** Medians, in `unit`. */
  ours: number;
  stock: number;
  unit: "ms" | "MB";
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

async function milliseconds(side: Side): Promise<number> {
  const start = performance.now();
  await side();
  return performance.now() - start;
}

export interface Rounds {
  /** Counted rounds; default 7. */
  rounds?: number;
  /** Rounds before that do not count; default 1. */
  warmup?: number;
  /** Puts a side back as it was; not timed. */
  after?: (side: "ours" | "stock") => Promise<void>;
}

/** Times both sides in turn. */
export async function compareTimes(
  name: string,
  sides: { ours: Side; stock: Side },
  { rounds = 7, warmup = 1, after }: Rounds = {},
): Promise<Comparison> {
  const times = { ours: [] as number[], stock: [] as number[] };
  for (let round = -warmup; round < rounds; round++) {
    for (const side of ["ours", "stock"] as const) {
      const time = await milliseconds(sides[side]);
      await after?.(side);
      if (round >= 0) times[side].push(time);
    }
  }
  return { name, ours: median(times.ours), stock: median(times.stock), unit: "ms" };
}

/** Prints a comparison as a row: ours, stock, and ours as a share of stock's. */
export function printRow({ name, ours, stock, unit }: Comparison): void {
  const number = (value: number) => `${value.toFixed(1)} ${unit}`.padStart(12);
  console.log(`${name.padEnd(44)}${number(ours)}${number(stock)}${(ours / stock).toFixed(2).padStart(9)}`);
}

export function printHead(other = "stock"): void {
  console.log(`${"".padEnd(44)}${"ours".padStart(12)}${other.padStart(12)}${"ratio".padStart(9)}`);
}
