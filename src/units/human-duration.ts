const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span of seconds as people say it: "5 seconds", "About a minute", "3 weeks". */
export function humanDuration(seconds: number): string {
  const whole = Math.trunc(seconds);
  if (whole < 1) return "Less than a second";
  if (whole === 1) return "1 second";
  if (whole < MINUTE) return `${whole} seconds`;
  const minutes = Math.trunc(seconds / MINUTE);
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  // Hours round to the nearest, as the Docker client has them.
  const hours = Math.trunc(seconds / HOUR + 0.5);
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(seconds / DAY / 365)} years`;
}
