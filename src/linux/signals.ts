/** Signal names and numbers (x86, ARM and most others; asm-generic/signal.h). */

const NAMES =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(
    " ",
  );

const ALIASES: Readonly<Record<string, number>> = { IOT: 6, CLD: 17, POLL: 29, UNUSED: 31 };

const LAST = 64;
const RTMIN = 34;

function realTime(name: string): number | undefined {
  const [, base, offset] = /^RT(MIN|MAX)([+-]\d+)?$/.exec(name) ?? [];
  if (base === undefined) return undefined;
  const number = (base === "MIN" ? RTMIN : LAST) + Number(offset ?? 0);
  return number >= RTMIN && number <= LAST ? number : undefined;
}

/** The number for "9", "KILL", "SIGKILL", "sigkill", "RTMIN+3"; undefined for what is no signal. */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) >= 0 && Number(text) <= LAST ? Number(text) : undefined;
  const name = text.toUpperCase().replace(/^SIG/, "");
  const index = NAMES.indexOf(name);
  return index >= 0 ? index + 1 : (ALIASES[name] ?? realTime(name));
}
