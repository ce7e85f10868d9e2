import { invalidArgument } from "../errors/errors.ts";

/** "90s", "15m", "24h" or plain seconds, in milliseconds. Errors: invalidArgument. */
export function parseDuration(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text) ?? [];
  if (number === undefined)
    throw invalidArgument(`invalid duration ${JSON.stringify(text)}: give for example 90s, 15m or 24h`);
  const factors = { ms: 1, s: 1000, "": 1000, m: 60_000, h: 3_600_000 };
  return Number(number) * factors[unit as keyof typeof factors];
}
