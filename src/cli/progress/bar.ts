import { humanSize } from "../format/size.ts";
import type { ProgressDetail } from "./messages.ts";

const STEPS = 50;
/** Below this width of the terminal only numbers are shown. */
const WIDE = 110;
const WIDTH_FOR_TIME = 50;

/** "[====>    ]  1.2MB/3MB", as much of it as fits; empty when nothing is known yet. `now` in Unix seconds. */
export function progressText(detail: ProgressDetail, width: number, now = Date.now() / 1000): string {
  const { current = 0, total = 0, start = 0 } = detail;
  if (current <= 0 && total <= 0) return "";
  if (total <= 0) return detail.units ? `${current} ${detail.units}` : humanSize(current).padStart(8);
  const done = Math.min(STEPS, Math.trunc(Math.trunc((current / total) * 100) / 2));
  const bar = width > WIDE ? `[${"=".repeat(done)}>${" ".repeat(STEPS - done)}] ` : "";
  const timed = width > WIDTH_FOR_TIME && current > 0 && start > 0 && done < STEPS;
  const left = timed ? ` ${goSeconds(Math.round(((now - start) / current) * (total - current)))}` : "";
  return bar + numbers(detail, current, total) + left;
}

function numbers(detail: ProgressDetail, current: number, total: number): string {
  if (detail.hidecounts) return "";
  const over = current > total;
  if (detail.units) return over ? `${current} ${detail.units}` : `${current}/${total} ${detail.units}`;
  const size = humanSize(current).padStart(8);
  return over ? size : `${size}/${humanSize(total)}`;
}

/** Whole seconds as Go's Duration prints them: "1h2m3s". */
function goSeconds(seconds: number): string {
  const [h, m, s] = [Math.trunc(seconds / 3600), Math.trunc(seconds / 60) % 60, seconds % 60];
  if (h > 0) return `${h}h${m}m${s}s`;
  return m > 0 ? `${m}m${s}s` : `${s}s`;
}
