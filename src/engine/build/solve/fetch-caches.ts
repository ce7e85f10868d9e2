import { cancelled, messageOf } from "../../../errors/errors.ts";
import type { BuildEnv, BuildOutput, BuildRequest } from "../types.ts";
import { baseImage } from "./base.ts";

/** Pulls the images of --cache-from that are not here. One that cannot be had is no reason to fail. Errors: cancelled. */
export async function fetchCaches(env: BuildEnv, request: BuildRequest, out: BuildOutput): Promise<void> {
  if (!request.pullCaches || request.noCache) return;
  for (const name of request.cacheFrom) {
    try {
      await baseImage(env, { ...request, pull: false }, name, "", out);
    } catch (error) {
      if (request.signal.aborted) throw cancelled("Build cancelled");
      out.text(`[Warning] no cache from ${name}: ${messageOf(error)}\n`);
    }
  }
}
