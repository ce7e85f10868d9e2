import { printValue } from "./print.ts";

/** Go's fmt.Sprintf for the verbs that format strings of the docker client use: v s q d f g x t c %. */
export function sprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const out = format.replace(
    /%([-+# 0]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g,
    (whole, flags: string, width?: string, precision?: string, verb?: string) => {
      if (verb === "%") return "%";
      if (next >= args.length) return `%!${verb}(MISSING)`;
      const text = formatOne(
        verb!,
        args[next++],
        flags,
        precision === undefined ? undefined : Number(precision),
      );
      return text === undefined ? whole : pad(text, Number(width ?? 0), flags);
    },
  );
  return next < args.length
    ? `${out}%!(EXTRA ${args
        .slice(next)
        .map((a) => `${goType(a)}=${printValue(a)}`)
        .join(", ")})`
    : out;
}

function formatOne(
  verb: string,
  arg: unknown,
  flags: string,
  precision: number | undefined,
): string | undefined {
  const plus = flags.includes("+") && typeof arg === "number" && arg >= 0 ? "+" : "";
  switch (verb) {
    case "v":
      return plus + printValue(arg);
    case "s":
      return typeof arg === "string" ? arg.slice(0, precision) : `%!s(${goType(arg)}=${printValue(arg)})`;
    case "q":
      return JSON.stringify(typeof arg === "string" ? arg : printValue(arg));
    case "d":
      return typeof arg === "number"
        ? plus + String(Math.trunc(arg))
        : `%!d(${goType(arg)}=${printValue(arg)})`;
    case "f":
      return plus + Number(arg).toFixed(precision ?? 6);
    case "g":
      return plus + printValue(arg);
    case "x":
      return typeof arg === "number" ? arg.toString(16) : Buffer.from(String(arg)).toString("hex");
    case "t":
      return String(arg);
    case "c":
      return String.fromCodePoint(Number(arg));
    default:
      return undefined;
  }
}

function goType(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float64";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function pad(text: string, width: number, flags: string): string {
  if (flags.includes("-")) return text.padEnd(width);
  return text.padStart(width, flags.includes("0") ? "0" : " ");
}
