import { humanSize } from "../../units/size.ts";

/** One line of the JSON stream of a pull, push, load or import. */
export interface ProgressMessage {
  /** A line for people, printed as it is. */
  stream?: string;
  status?: string;
  progressDetail?: { current?: number; total?: number };
  /** The bar, drawn for clients that print it as it is. */
  progress?: string;
  id?: string;
  errorDetail?: { code?: number; message: string };
  error?: string;
  aux?: unknown;
}

/** Takes progress; what it returns need not be awaited. */
export type ProgressSink = (message: ProgressMessage) => void;

const WIDTH = 50;

/** "[=====>      ]  1.2MB/3MB", in stock's very columns; just the amount when the total is not known. */
export function progressBar(current: number, total: number): string {
  const amount = humanSize(current).padStart(8);
  if (total <= 0 || current > total) return amount;
  const done = Math.floor(Math.floor((current / total) * 100) / 2);
  return `[${"=".repeat(done)}>${" ".repeat(WIDTH - done)}] ${amount}/${humanSize(total)}`;
}

/** A line about how far a layer's transfer has come. */
export function layerProgress(id: string, status: string, current: number, total: number): ProgressMessage {
  const progressDetail = total > 0 ? { current, total } : { current };
  return { status, progressDetail, progress: progressBar(current, total), id };
}

/** A line about a step of a layer. */
export function layerStatus(id: string, status: string): ProgressMessage {
  return { status, progressDetail: {}, id };
}

/** Milliseconds between two lines about the same transfer. */
const INTERVAL = 100;

/** Passes the first and last count on at once, and what is between them at most ten times a second. */
export function meter(
  total: number,
  report: (current: number) => void,
  now: () => number = Date.now,
): (current: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (current) => {
    const time = now();
    if (current < total && time - last < INTERVAL) return;
    last = time;
    report(current);
  };
}
