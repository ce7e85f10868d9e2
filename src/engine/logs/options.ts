import { invalidArgument } from "../../errors/errors.ts";

const UNITS: Record<string, number> = { "": 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Bytes of a size such as "10m". Errors: invalidArgument. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (!match) throw invalidArgument(`invalid size: '${text}'`);
  return Math.trunc(Number(match[1]) * UNITS[(match[2] ?? "").toLowerCase()]!);
}

/** A positive whole number. Errors: invalidArgument. */
export function parseCount(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw invalidArgument(`invalid log-opt ${name}=${text}: want a whole number`);
  return Number(text);
}

/** Errors: invalidArgument for an option that the driver does not know. */
export function checkKnown(driver: string, options: Record<string, string>, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw invalidArgument(`unknown log opt '${name}' for ${driver} log driver`);
  }
}
