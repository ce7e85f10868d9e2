import { constants } from "node:os";
import { invalidArgument } from "../../errors/errors.ts";

/** First and last real-time signal as libc numbers them. */
const RTMIN = 34;
const RTMAX = 64;

/** The number of "KILL", "SIGKILL", "9", "RTMIN+3". Errors: invalidArgument, with stock's text. */
export function parseSignal(text: string): number {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    if (number > 0 && number <= RTMAX) return number;
    throw invalidArgument(`invalid signal: ${text}`);
  }
  const name = text.toUpperCase().replace(/^SIG/, "");
  const realTime = /^RT(MIN|MAX)(?:([+-])(\d+))?$/.exec(name);
  if (realTime) return realTimeSignal(text, realTime);
  const number = (constants.signals as Record<string, number>)[`SIG${name}`];
  if (number === undefined) throw invalidArgument(`invalid signal: ${text}`);
  return number;
}

function realTimeSignal(text: string, [, base, sign, offset = "0"]: RegExpExecArray): number {
  const number = (base === "MIN" ? RTMIN : RTMAX) + (sign === "-" ? -1 : 1) * Number(offset);
  if (number < RTMIN || number > RTMAX) throw invalidArgument(`invalid signal: ${text}`);
  return number;
}
