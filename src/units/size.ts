import { invalidArgument } from "../errors/errors.ts";

const FACTORS: Record<string, number> = { "": 1, k: 1 << 10, m: 1 << 20, g: 1 << 30, t: 2 ** 40, p: 2 ** 50 };

/** Bytes from what a person types: "64m", "1.5GiB", "1024". Units are binary, as Docker has them. Errors: invalidArgument. */
export function parseSize(text: string): number {
  const match = /^(.*[0-9. ])(.*)$/s.exec(text);
  if (!match) throw invalidArgument(`invalid size: '${text}'`);
  const [number, suffix] = [match[1]!.replace(/ $/, ""), match[2]!];
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(number))
    throw invalidArgument(`strconv.ParseFloat: parsing ${JSON.stringify(number)}: invalid syntax`);
  if (Number(number) < 0) throw invalidArgument(`invalid size: '${text}'`);
  const unit = /^(?:([kmgtp])(?:i?b)?|b)?$/.exec(suffix.toLowerCase());
  if (!unit) throw invalidArgument(`invalid suffix: '${suffix}'`);
  return Math.trunc(Number(number) * FACTORS[unit[1] ?? ""]!);
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** "1.234MB": decimal units with four significant digits, as Docker shows sizes. */
export function humanSize(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${Number(value.toPrecision(4))}${UNITS[unit]}`;
}
