const DECIMAL = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

/** Go's %.Ng: N significant digits without trailing zeros. */
function significant(value: number, digits: number): string {
  if (value === 0) return "0";
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  const text = value.toPrecision(digits);
  if (text.includes("e") || exponent >= digits) return exponentForm(value, digits);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function exponentForm(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e") as [string, string];
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return `${short}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

function scaled(bytes: number, base: number, units: readonly string[], digits: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return `${significant(value, digits)}${units[unit]}`;
}

/** "1.24MB": decimal units, four significant digits. */
export const humanSize = (bytes: number): string => scaled(bytes, 1000, DECIMAL, 4);

/** "4.43MB": decimal units, as many digits as asked for. */
export const humanSizeDigits = (bytes: number, digits: number): string =>
  scaled(bytes, 1000, DECIMAL, digits);

/** "1.944GiB": binary units, four significant digits. */
export const binarySize = (bytes: number): string => scaled(bytes, 1024, BINARY, 4);
