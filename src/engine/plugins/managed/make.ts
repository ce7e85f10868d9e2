/** Plugins from a folder of the user's: `docker plugin create`. */
import { createHash, randomBytes } from "node:crypto";
import { createWriteStream, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "../../../archive/pack.ts";
import { unpack } from "../../../archive/unpack.ts";
import { errnoOf, invalidArgument } from "../../../errors/errors.ts";
import { writeAtomic } from "../../../files/atomic.ts";
import { decompressLayer } from "../../../images/registry/decompress.ts";
import { VERSION } from "../../../version/version.ts";
import { initialSettings, type PluginConfig, parseConfig } from "./config.ts";
import { type PluginRecord, type PluginStore, pluginName } from "./store.ts";

/** Makes a plugin of a tar with config.json and rootfs/. Errors: invalidArgument, conflict; nothing stays. */
export async function makePlugin(
  store: PluginStore,
  name: string,
  tar: AsyncIterable<Uint8Array>,
): Promise<PluginRecord> {
  const full = pluginName(name);
  store.refuseTaken(full);
  const folder = store.temporary();
  try {
    await unpack(decompressLayer(tar), folder, { whiteouts: "keep" });
    const config = parseConfig(readPart(folder, "config.json"));
    if (!statSync(join(folder, "rootfs"), { throwIfNoEntry: false })?.isDirectory())
      throw invalidArgument("no rootfs folder in the plugin's data");
    const layer = await storeLayer(store, join(folder, "rootfs"));
    const { Args, Description, ...rest } = config;
    const rootfs = { diff_ids: [layer.diffID], type: "layers" };
    const complete = { Args, Description, DockerVersion: VERSION, ...rest, rootfs };
    const record = addPlugin(store, folder, full, complete, [layer.digest]);
    return record;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function readPart(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch (cause) {
    if (errnoOf(cause) !== "ENOENT") throw cause;
    throw invalidArgument(`no ${name} in the plugin's data`, { cause });
  }
}

/** Keeps a configuration as a blob. Gives its digest. */
export function storeConfig(store: PluginStore, raw: Uint8Array): string {
  const digest = `sha256:${createHash("sha256").update(raw).digest("hex")}`;
  mkdirSync(dirname(store.blob(digest)), { recursive: true, mode: 0o700 });
  writeAtomic(store.blob(digest), raw, { mode: 0o600, durability: "crash" });
  return digest;
}

/** Keeps the configuration as a blob and the folder as a plugin. Errors: conflict. */
export function addPlugin(
  store: PluginStore,
  folder: string,
  name: string,
  config: PluginConfig,
  blobs: string[],
  given?: { raw: Uint8Array; reference: string },
): PluginRecord {
  const digest = storeConfig(store, given?.raw ?? Buffer.from(JSON.stringify(config)));
  const record: PluginRecord = {
    plugin: {
      Config: config,
      Enabled: false,
      Id: randomBytes(32).toString("hex"),
      Name: name,
      PluginReference: given?.reference ?? name,
      Settings: initialSettings(config),
    },
    Config: digest,
    Blobsums: blobs,
  };
  store.add(record, folder);
  return record;
}

/** Packs a root file system as a layer, for a registry. */
async function storeLayer(store: PluginStore, rootfs: string): Promise<{ digest: string; diffID: string }> {
  const [plain, packed] = [createHash("sha256"), createHash("sha256")];
  async function* tar(): AsyncGenerator<Uint8Array> {
    for await (const chunk of pack(rootfs)) {
      plain.update(chunk);
      yield chunk;
    }
  }
  const partial = store.blob(`partial-${randomBytes(8).toString("hex")}`);
  mkdirSync(dirname(partial), { recursive: true, mode: 0o700 });
  const gzip = createGzip();
  gzip.on("data", (chunk: Buffer) => packed.update(chunk));
  await pipeline(Readable.from(tar()), gzip, createWriteStream(partial, { mode: 0o600 }));
  const digest = `sha256:${packed.digest("hex")}`;
  renameSync(partial, store.blob(digest));
  return { digest, diffID: `sha256:${plain.digest("hex")}` };
}
