import type { DistributionInspect } from "../../api/schema.ts";
import { familiarName } from "../../images/reference.ts";
import type { Credentials } from "../../images/registry/credentials.ts";
import type { FetchedManifest, RemoteRepository } from "../../images/registry/repository.ts";
import { translatePullError } from "../../images/registry/translate.ts";
import type { ImageDependencies } from "./dependencies.ts";
import { parseImageName } from "./names.ts";

/** What a registry has under a name: its descriptor and platforms. Errors: as of a pull. */
export async function inspectDistribution(
  deps: ImageDependencies,
  text: string,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<DistributionInspect> {
  const { domain, path, tag = "latest", digest } = parseImageName(text);
  const request = { domain, path, credentials, purpose: "pull", signal } as const;
  const look = async (repository: RemoteRepository): Promise<DistributionInspect> => {
    const found = await repository.manifest(digest ?? tag, signal);
    return { Descriptor: found.descriptor, Platforms: await platformsOf(repository, found, signal) };
  };
  try {
    return (await deps.client.reach(request, look)).result;
  } catch (error) {
    throw translatePullError(error, familiarName({ domain, path }), digest ? `@${digest}` : `:${tag}`);
  }
}

async function platformsOf(
  repository: RemoteRepository,
  { manifest }: FetchedManifest,
  signal: AbortSignal,
): Promise<DistributionInspect["Platforms"]> {
  if (manifest.kind === "index")
    return manifest.manifests.flatMap(({ platform }) => (platform ? [platform] : []));
  if (manifest.kind === "schema1") return [];
  const raw = await repository.smallBlob(manifest.config, signal);
  const config = JSON.parse(new TextDecoder().decode(raw)) as Record<string, unknown>;
  const { os, architecture, variant } = config;
  if (typeof os !== "string" || typeof architecture !== "string") return [];
  return [{ architecture, os, ...(typeof variant === "string" ? { variant } : {}) }];
}
