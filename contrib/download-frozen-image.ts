/**
 * contrib/download-frozen-image [--mirror URL]... [--insecure] [--platform OS/ARCH] FOLDER IMAGE[:TAG][@DIGEST]...
 *
 * Fetches images into a folder in docker-archive form: `tar -cC FOLDER . | docker load`. Downloads are checked against
 * their digests; one that breaks off is resumed, also by the next call. REGISTRY_MIRROR is a mirror like --mirror;
 * HTTP_PROXY, HTTPS_PROXY and NO_PROXY hold. Credentials come from ~/.docker/config.json.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { copyFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  familiarReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from "../src/images/reference.ts";
import { loadCerts } from "../src/images/registry/certs.ts";
import { chooseImage } from "../src/images/registry/choose.ts";
import { RegistryClient } from "../src/images/registry/client.ts";
import { type Credentials, credentialsFrom } from "../src/images/registry/credentials.ts";
import { Downloads } from "../src/images/registry/downloads.ts";
import { InsecureRegistries } from "../src/images/registry/insecure.ts";
import { hostPlatform, parsePlatform } from "../src/images/registry/platform.ts";
import { takeProxySettings } from "../src/images/registry/proxy.ts";
import { Transport } from "../src/images/registry/transport.ts";

const USAGE =
  "usage: download-frozen-image [--mirror URL]... [--insecure] [--platform OS/ARCH] FOLDER IMAGE[:TAG][@DIGEST]...";

interface Fetcher {
  client: RegistryClient;
  downloads: Downloads;
  folder: string;
  platform: ReturnType<typeof hostPlatform>;
}

interface ManifestEntry {
  Config: string;
  RepoTags: string[];
  Layers: string[];
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function credentialsFor(domain: string): Credentials {
  const path = join(process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker"), "config.json");
  if (!existsSync(path)) return {};
  const { auths = {} } = JSON.parse(readFileSync(path, "utf8")) as { auths?: Record<string, unknown> };
  const host = (key: string) => key.replace(/^https?:\/\//, "").split("/")[0];
  const found = Object.entries(auths).find(
    ([key]) => host(key) === domain || host(key) === `index.${domain}`,
  );
  return found ? credentialsFrom(found[1]) : {};
}

async function fetchImage(fetcher: Fetcher, reference: Reference): Promise<ManifestEntry> {
  const { client, downloads, folder, platform } = fetcher;
  const { domain, path, digest, tag = "latest" } = reference;
  const { signal } = new AbortController();
  const wanted = digest === undefined ? { tag } : { digest };
  const { result, repository, sources } = await client.reach(
    { domain, path, credentials: credentialsFor(domain), purpose: "pull", signal },
    (remote) => chooseImage(remote, wanted, platform, signal),
  );
  say(`${familiarReference(reference)}: ${result.digest}`);
  const { manifest } = result;
  if (manifest.kind === "schema1")
    throw new Error(
      `${familiarReference(reference)} has the outdated format schema 1: \`docker pull\` takes it`,
    );
  const config = await repository.smallBlob(manifest.config, signal);
  const hex = (one: string): string => one.slice(one.indexOf(":") + 1);
  writeFileSync(join(folder, `${hex(manifest.config.digest)}.json`), config);
  const layers: string[] = [];
  for (const layer of manifest.layers) {
    const name = `${hex(layer.digest)}.tar`;
    layers.push(name);
    if (existsSync(join(folder, name))) {
      say(`  ${name.slice(0, 12)}: is here`);
      continue;
    }
    const held = downloads.get(
      layer,
      sources,
      (state) => state.kind === "retrying" && say("  trying again"),
      signal,
    );
    await held.growth().next(Number.POSITIVE_INFINITY);
    await copyFile(held.file, join(folder, `${name}.partial`));
    await rename(join(folder, `${name}.partial`), join(folder, name));
    await held.release();
    say(`  ${name.slice(0, 12)}: ${layer.size} bytes`);
  }
  const name = digest === undefined || reference.tag ? familiarReference({ domain, path, tag }) : undefined;
  return {
    Config: `${hex(manifest.config.digest)}.json`,
    RepoTags: name ? [name] : [],
    Layers: layers,
  };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      mirror: { type: "string", multiple: true },
      insecure: { type: "boolean" },
      platform: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [folder, ...names] = positionals;
  if (values.help || folder === undefined || names.length === 0) throw new Error(USAGE);
  mkdirSync(folder, { recursive: true });
  const references = names.map((name) => withDefaultTag(parseReference(name)));
  const mirrors = [
    ...(values.mirror ?? []),
    ...(process.env["REGISTRY_MIRROR"] ? [process.env["REGISTRY_MIRROR"]] : []),
  ];
  const hosts = values.insecure ? [...new Set(references.map(({ domain }) => domain))] : [];
  const proxies = takeProxySettings(process.env);
  const transport = new Transport({ userAgent: "pequod-download-frozen-image", proxies: () => proxies });
  const insecure = new InsecureRegistries(hosts);
  const hostMirrors = Object.fromEntries(references.map(({ domain }) => [domain, mirrors]));
  const settings = () => ({ mirrors, hostMirrors, insecure, tls: (domain: string) => loadCerts(domain) });
  const partial = join(folder, ".partial");
  const fetcher: Fetcher = {
    client: new RegistryClient(transport, settings),
    downloads: new Downloads({ directory: partial, concurrency: () => 3 }),
    folder,
    platform: values.platform ? parsePlatform(values.platform) : hostPlatform(),
  };
  const manifest: ManifestEntry[] = [];
  for (const reference of references) manifest.push(await fetchImage(fetcher, reference));
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest)}\n`);
  await rm(partial, { recursive: true, force: true });
  say(`load it by: tar -cC ${folder} . | docker load`);
}

try {
  await main();
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
