import { invalidArgument, notFound } from "../../errors/errors.ts";
import { loadImages } from "../../images/archives/load.ts";
import { chooseImages, saveImages } from "../../images/archives/save.ts";
import { makeImage } from "../../images/make.ts";
import type { ImageRoot } from "../../images/open.ts";
import {
  canonicalReference,
  familiarReference,
  parseReference,
  withDefaultTag,
} from "../../images/reference.ts";
import { unreachable } from "../../images/registry/failure.ts";
import { hostPlatform, parsePlatform } from "../../images/registry/platform.ts";
import type { ProgressSink } from "../../images/registry/progress.ts";
import type { ContainerDefaults, Image } from "../../images/types.ts";
import { VERSION } from "../../version/version.ts";
import type { ImageArchives, ImportOptions } from "../api/images/backend.ts";
import type { EventBus } from "../events/bus.ts";

/** load, save and import. */
export class Archives implements ImageArchives {
  readonly #root: ImageRoot;
  readonly #events: EventBus;

  constructor(root: ImageRoot, events: EventBus) {
    this.#root = root;
    this.#events = events;
  }

  load(
    bytes: AsyncIterable<Uint8Array>,
    quiet: boolean,
    progress: ProgressSink,
    signal: AbortSignal,
  ): Promise<void> {
    const onLoaded = (image: Image) => this.#events.publish("image", "load", image.id, { name: image.id });
    return loadImages(this.#root, bytes, { quiet, progress, signal, onLoaded });
  }

  async save(names: string[]): Promise<AsyncIterable<Uint8Array>> {
    const images = chooseImages(this.#root, names);
    for (const { image } of images) this.#events.publish("image", "save", image.id, { name: image.id });
    return saveImages(this.#root, images);
  }

  async import(options: ImportOptions): Promise<string> {
    const { source, repo, tag, message, platform, changes, progress } = options;
    const reference =
      repo === "" ? undefined : withDefaultTag(parseReference(tag === "" ? repo : `${repo}:${tag}`));
    if (reference?.digest !== undefined) throw invalidArgument("cannot import digest reference");
    const { os, architecture } = platform === "" ? hostPlatform() : parsePlatform(platform);
    if (os !== "linux") throw invalidArgument(`operating system ${JSON.stringify(os)} is not supported`);
    const config: ContainerDefaults = {};
    if (changes.length > 0) (await import("./changes.ts")).applyChanges(config, changes);
    const bytes = source === "-" ? options.body : await download(source, progress, options.signal);
    const image = await makeImage(this.#root, bytes, {
      config,
      history: { comment: message || `Imported from ${source}` },
      dockerVersion: VERSION,
      os,
      architecture,
    });
    if (reference) {
      await this.#root.references.add(canonicalReference(reference), image.id);
      this.#root.images.setLastUpdated(image.id);
    }
    if (reference) this.#events.publish("image", "tag", image.id, { name: familiarReference(reference) });
    this.#events.publish("image", "import", image.id, { name: image.id });
    return image.id;
  }
}

async function download(
  source: string,
  progress: ProgressSink,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const url = /^https?:\/\//.test(source) ? source : `http://${source}`;
  const address = URL.parse(url);
  if (!address) throw invalidArgument(`cannot import ${JSON.stringify(source)}: not a URL`);
  let answer: Response;
  try {
    answer = await fetch(address, { signal });
  } catch (cause) {
    throw unreachable("GET", address, cause);
  }
  if (!answer.ok || !answer.body)
    throw notFound(
      `failed to GET ${url} with status ${answer.status} ${answer.statusText}: ${await firstWords(answer)}`,
    );
  progress({ status: `Downloading from ${url}` });
  return answer.body;
}

/** What a server says of a refusal, as far as it helps a person. */
async function firstWords({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body ?? []) {
    text += decoder.decode(piece as Uint8Array, { stream: true });
    if (text.length > MOST_WORDS) break;
  }
  return text.slice(0, MOST_WORDS).trim();
}

const MOST_WORDS = 1024;
