import { isNotFound, notFound } from "../../../errors/errors.ts";
import { parseReference } from "../../../images/reference.ts";
import type { Credentials } from "../../../images/registry/credentials.ts";
import { formatPlatform, matchesPlatform } from "../../../images/registry/platform.ts";
import type { Image } from "../../../images/types.ts";
import { platformOf, targetPlatform } from "../platform.ts";
import { sessionCredentials } from "../session/client.ts";
import type { BuildEnv, BuildOutput, BuildRequest } from "../types.ts";

/** The image that FROM or --from names, pulled if it is not here or if the build asks for it. Errors: notFound, of pulling. */
export async function baseImage(
  env: BuildEnv,
  request: BuildRequest,
  name: string,
  platform: string,
  out: BuildOutput,
): Promise<Image> {
  const wanted = platform || request.platform;
  const present = request.pull ? undefined : local(env, name);
  if (present && (wanted === "" || isFor(present, wanted))) return present;
  await env.pull({
    name,
    tag: "",
    platform: wanted,
    credentials: await credentialsFor(name, request),
    progress: (message) => out.progress(message as Record<string, unknown>),
    signal: request.signal,
  });
  const image = env.images.resolve(name);
  if (wanted === "" || isFor(image, wanted)) return image;
  throw notFound(
    `image with reference ${name} was found but does not match the specified platform: wanted ${formatPlatform(targetPlatform(wanted))}, actual: ${formatPlatform(platformOf(image))}`,
  );
}

const isFor = (image: Image, wanted: string): boolean =>
  matchesPlatform(platformOf(image), targetPlatform(wanted));

function local({ images }: BuildEnv, name: string): Image | undefined {
  try {
    return images.resolve(name);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function credentialsFor(
  name: string,
  { credentials: all, session, signal }: BuildRequest,
): Promise<Credentials> {
  const { domain } = parseReference(name);
  if (session) return sessionCredentials(session, domain, signal);
  const keys = domain === "docker.io" ? ["docker.io", "index.docker.io"] : [domain];
  const found = Object.entries(all).find(([key]) =>
    keys.includes(key.replace(/^https?:\/\//, "").split("/")[0]!),
  );
  return found?.[1] ?? {};
}
