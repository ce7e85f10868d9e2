/** The field "grpc-timeout": up to eight digits and a unit. */

const MILLISECONDS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};
const MOST = 99_999_999;

/** At least one millisecond, for the protocol knows no zero. */
export function encodeTimeout(milliseconds: number): string {
  const whole = Math.max(1, Math.ceil(milliseconds));
  return whole <= MOST ? `${whole}m` : `${Math.min(MOST, Math.ceil(whole / 1000))}S`;
}

/** Milliseconds; undefined for what cannot be read. */
export function decodeTimeout(text: string): number | undefined {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text);
  return match ? Number(match[1]) * MILLISECONDS[match[2]!]! : undefined;
}
