/** Plugins in registries: an image's manifest with a configuration of another type. */
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { unpack } from "../../../archive/unpack.ts";
import { dataLoss, invalidArgument } from "../../../errors/errors.ts";
import type { RegistryClient, RepositoryRequest } from "../../../images/registry/client.ts";
import type { Credentials } from "../../../images/registry/credentials.ts";
import { decompressLayer } from "../../../images/registry/decompress.ts";
import { type Descriptor, hasherFor, shortDigest } from "../../../images/registry/descriptor.ts";
import { MEDIA } from "../../../images/registry/media.ts";
import { layerStatus, type ProgressSink } from "../../../images/registry/progress.ts";
import type { RemoteRepository } from "../../../images/registry/repository.ts";
import { canonicalReference, parseReference, withDefaultTag } from "../../../reference/reference.ts";
import { initialSettings, type PluginConfig, parseConfig } from "./config.ts";
import { addPlugin, storeConfig } from "./make.ts";
import { type PluginRecord, type PluginStore, pluginName } from "./store.ts";

export interface TransferOptions {
  credentials: Credentials;
  progress: ProgressSink;
  signal: AbortSignal;
}

export interface GrantedTransfer extends TransferOptions {
  /** Asked before anything is kept; may throw. */
  grant(config: PluginConfig): void;
}

interface Remote {
  config: PluginConfig;
  raw: Uint8Array;
  layers: Descriptor[];
  digest: string;
}

/** Reads what a name stands for. Errors: invalidArgument, for what is no plugin; the registry's. */
async function remoteOf(
  repository: RemoteRepository,
  reference: string,
  signal: AbortSignal,
): Promise<Remote> {
  const { manifest, descriptor } = await repository.manifest(reference, signal);
  if (manifest.kind !== "manifest" || manifest.config.mediaType !== MEDIA.pluginConfig) {
    const type = manifest.kind === "manifest" ? manifest.config.mediaType : manifest.mediaType;
    throw invalidArgument(`target is image: ${JSON.stringify(type)} is not a plugin's configuration`);
  }
  const raw = await repository.smallBlob(manifest.config, signal);
  const config = parseConfig(Buffer.from(raw).toString("utf8"));
  return { config, raw, layers: manifest.layers, digest: descriptor.digest };
}

function requestOf(name: string, purpose: "pull" | "push", { credentials, signal }: TransferOptions) {
  const reference = withDefaultTag(parseReference(name));
  const { domain, path } = reference;
  const request: RepositoryRequest = { domain, path, credentials, purpose, signal };
  return { request, reference: reference.digest ?? reference.tag ?? "latest" };
}

/** The configuration of a plugin in a registry. */
export async function remoteConfig(
  client: RegistryClient,
  name: string,
  options: TransferOptions,
): Promise<PluginConfig> {
  const { request, reference } = requestOf(name, "pull", options);
  const reached = await client.reach(request, (repository) =>
    remoteOf(repository, reference, options.signal),
  );
  return reached.result.config;
}

/** Pulls a plugin under a name. */
export async function pullPlugin(
  store: PluginStore,
  client: RegistryClient,
  remote: string,
  name: string,
  options: GrantedTransfer,
): Promise<PluginRecord> {
  const local = pluginName(name || remote);
  store.refuseTaken(local);
  return fetched(store, client, remote, options, (folder, { config, raw, layers }) =>
    addPlugin(store, folder, local, config, digestsOf(layers), { raw, reference: fullName(remote) }),
  );
}

/** Gives a plugin the configuration and the files of another name or version; its settings begin anew. */
export async function upgradePlugin(
  store: PluginStore,
  client: RegistryClient,
  record: PluginRecord,
  remote: string,
  options: GrantedTransfer,
): Promise<void> {
  await fetched(store, client, remote, options, (folder, { config, raw, layers }) => {
    const plugin = {
      ...record.plugin,
      Config: config,
      Settings: initialSettings(config),
      PluginReference: fullName(remote),
    };
    store.replace({ plugin, Config: storeConfig(store, raw), Blobsums: digestsOf(layers) }, folder);
  });
}

const digestsOf = (layers: readonly Descriptor[]) => layers.map(({ digest }) => digest);
const fullName = (remote: string) => canonicalReference(withDefaultTag(parseReference(remote)));

/** Fetches what a name stands for into a folder, for `use` to take over. Nothing stays of a failure. */
async function fetched<T>(
  store: PluginStore,
  client: RegistryClient,
  remote: string,
  options: GrantedTransfer,
  use: (folder: string, remote: Remote) => T,
): Promise<T> {
  const { request, reference } = requestOf(remote, "pull", options);
  const { progress, signal } = options;
  progress({ status: `Pulling from ${request.path}`, id: reference });
  const { result, repository } = await client.reach(request, (one) => remoteOf(one, reference, signal));
  options.grant(result.config);
  const folder = store.temporary();
  try {
    mkdirSync(`${folder}/rootfs`);
    for (const layer of result.layers) await fetchLayer(store, repository, layer, folder, options);
    progress({ status: `Digest: ${result.digest}` });
    return use(folder, result);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function fetchLayer(
  store: PluginStore,
  repository: RemoteRepository,
  { digest, size }: Descriptor,
  folder: string,
  { progress, signal }: TransferOptions,
): Promise<void> {
  const id = shortDigest(digest);
  progress(layerStatus(id, "Downloading"));
  const partial = `${folder}/layer`;
  const hasher = hasherFor(digest);
  const answer = await repository.blob(digest, 0, signal);
  async function* verified(): AsyncGenerator<Uint8Array> {
    for await (const piece of repository.bytes(answer, signal)) {
      hasher.update(piece);
      yield piece;
    }
  }
  await pipeline(Readable.from(verified()), createWriteStream(partial, { mode: 0o600 }));
  if (hasher.digest("hex") !== digest.slice(digest.indexOf(":") + 1) || statSync(partial).size !== size)
    throw dataLoss(`filesystem layer verification failed for digest ${digest}`);
  await unpack(decompressLayer(createReadStream(partial)), `${folder}/rootfs`, { whiteouts: "remove" });
  mkdirSync(dirname(store.blob(digest)), { recursive: true, mode: 0o700 });
  renameSync(partial, store.blob(digest));
  progress(layerStatus(id, "Download complete"));
}

/** Pushes a plugin to where its name says. */
export async function pushPlugin(
  store: PluginStore,
  client: RegistryClient,
  record: PluginRecord,
  options: TransferOptions,
): Promise<void> {
  const { progress, signal } = options;
  const { request, reference } = requestOf(record.plugin.Name, "push", options);
  progress({ status: `The push refers to repository [${request.domain}/${request.path}]` });
  await client.reach(request, async (repository) => {
    const layers: Descriptor[] = [];
    for (const digest of record.Blobsums) {
      const id = shortDigest(digest);
      const path = store.blob(digest);
      const there = await repository.statBlob(digest, signal);
      if (there === undefined) {
        progress(layerStatus(id, "Pushing"));
        await repository.uploadStream(createReadStream(path), signal);
      }
      progress(layerStatus(id, there === undefined ? "Pushed" : "Layer already exists"));
      layers.push({ mediaType: MEDIA.layer, size: statSync(path).size, digest });
    }
    const raw = readFileSync(store.blob(record.Config));
    await repository.uploadBytes(raw, record.Config, signal);
    const config = { mediaType: MEDIA.pluginConfig, size: raw.length, digest: record.Config };
    const manifest = { schemaVersion: 2, mediaType: MEDIA.manifest2, config, layers };
    const bytes = Buffer.from(JSON.stringify(manifest, null, 3));
    const digest = await repository.putManifest(reference, MEDIA.manifest2, bytes, signal);
    progress({ status: `${reference}: digest: ${digest} size: ${bytes.length}` });
  });
}
