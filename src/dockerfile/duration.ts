const NANOSECONDS: Record<string, number> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
};

/** "1m30s" as nanoseconds, by Go's grammar. Errors: Error, in Go's words. */
export function parseDuration(text: string): number {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/.exec(text);
  if (/^[+-]?0$/.test(text)) return 0;
  if (!match) {
    const bare = /^[+-]?[\d.]+$/.test(text) && /\d/.test(text);
    throw new Error(`time: ${bare ? "missing unit in" : "invalid"} duration ${JSON.stringify(text)}`);
  }
  let total = 0;
  for (const [, count, unit] of match[2]!.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g))
    total += Number(count) * NANOSECONDS[unit!]!;
  return match[1] === "-" ? -total : total;
}
