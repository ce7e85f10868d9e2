/** Platforms of a build, in the one form in which they are compared and given to Dockerfiles. */
import { invalidArgument } from "../../errors/errors.ts";
import type { Platform } from "../../images/registry/descriptor.ts";
import { hostPlatform, parsePlatform } from "../../images/registry/platform.ts";
import type { Image } from "../../images/types.ts";

/** What variant an architecture has if none is named, and which one is not named. */
const DEFAULT_VARIANT: Record<string, string> = { arm: "v7" };
const UNNAMED: Record<string, string> = { arm64: "v8", amd64: "v1" };

/** "linux/arm64/v8" → linux/arm64; "" is the engine's own. Errors: invalidArgument. */
export function targetPlatform(text: string): Platform {
  if (text.includes(","))
    throw invalidArgument(
      `a build is for one platform, not for ${text}: our client makes a build for each of them`,
    );
  const { os, architecture, variant: given } = text === "" ? hostPlatform() : parsePlatform(text);
  if (os !== "linux")
    throw invalidArgument(`operating system ${JSON.stringify(os)} is not supported: only linux is`);
  const named = given ?? DEFAULT_VARIANT[architecture];
  const variant = named === UNNAMED[architecture] ? undefined : named;
  return { os, architecture, ...(variant ? { variant } : {}) };
}

/** What an image says that it is for. */
export function platformOf({ config: { os, architecture, variant } }: Image): Platform {
  return { os, architecture, ...(variant ? { variant } : {}) };
}
