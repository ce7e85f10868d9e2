import type { ContainerStatsResponse } from "../../api/schema.ts";
import type { Cli } from "../cli.ts";
import { containerPath } from "../container/path.ts";
import { type Sample, sampleOf } from "./sample.ts";

const SILENCE_MS = 2000;

/** A container whose statistics are followed. */
export interface Watched {
  /** The name or id it was asked for by. */
  readonly asked: string;
  sample: Sample | undefined;
  valid: boolean;
  error: unknown;
  /** Resolves when there is something to show, or nothing to be had. */
  readonly first: Promise<void>;
}

/** Follows a container's statistics, or asks for them once. Errors end up in the result. */
export function watch(cli: Cli, asked: string, follow: boolean): Watched {
  let known = () => {};
  const first = new Promise<void>((resolve) => {
    known = resolve;
  });
  const watched: Watched = { asked, sample: undefined, valid: true, error: undefined, first };
  void collect(cli, watched, follow, known).finally(known);
  return watched;
}

async function collect(cli: Cli, watched: Watched, follow: boolean, known: () => void): Promise<void> {
  let silence: ReturnType<typeof setTimeout> | undefined;
  const expectMore = () => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      watched.valid = false;
      known();
    }, SILENCE_MS);
  };
  try {
    if (follow) expectMore();
    const path = containerPath(watched.asked, "/stats");
    const query = { stream: follow ? "1" : "0" };
    for await (const stats of cli.client.lines<ContainerStatsResponse>("GET", path, { query })) {
      watched.sample = sampleOf(stats);
      watched.valid = true;
      known();
      if (follow) expectMore();
    }
    if (follow) watched.valid = false;
  } catch (error) {
    watched.error = error;
    watched.valid = false;
  } finally {
    clearTimeout(silence);
  }
}
