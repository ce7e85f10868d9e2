/** The largest double that still reads as a 63-bit integer: kernels say "no limit" with more than that. */
const LARGEST = 9_223_372_036_854_774_784n;

/** A counter as JSON can carry it. */
export function counter(value: bigint | undefined): number {
  if (value === undefined) return 0;
  return Number(value > LARGEST ? LARGEST : value);
}

/** Names of counters as the kernel has them ("total_pgpgin") from those of containerd's messages ("totalPgPgIn"). */
function kernelName(field: string): string {
  if (field === "hierarchicalSwapLimit") return "hierarchical_memsw_limit";
  const name = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return name.replace(/pg_.*$/, (rest) => rest.replaceAll("_", ""));
}

/** All plain counters of a message, by the kernel's names. */
export function countersOf(message: object, without: readonly string[] = []): Record<string, number> {
  const found = Object.entries(message).flatMap(([field, value]: [string, unknown]) =>
    typeof value === "bigint" && !without.includes(field)
      ? [[kernelName(field), counter(value)] as const]
      : [],
  );
  return Object.fromEntries(found);
}
