/** The largest double that still reads as a 63-bit integer: kernels say "no limit" with more than that. */
const LARGEST = 9_223_372_036_854_774_784n;

/** A counter as JSON can carry it. */
export function counter(value: bigint | undefined): number {
  if (value === undefined) return 0;
  return Number(value > LARGEST ? LARGEST : value);
}

/** The kernel's name of a counter ("total_pgpgin") from that of a message's field ("totalPgpgin"). */
const kernelName = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** All plain counters of a message, by the kernel's names. */
export function countersOf(message: object, without: readonly string[] = []): Record<string, number> {
  const found = Object.entries(message).flatMap(([field, value]: [string, unknown]) =>
    typeof value === "bigint" && !without.includes(field)
      ? [[kernelName(field), counter(value)] as const]
      : [],
  );
  return Object.fromEntries(found);
}
