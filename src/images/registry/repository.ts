import { dataLoss, EngineError } from "../../errors/errors.ts";
import { pieces, readLimited } from "./body.ts";
import { type Descriptor, digestOf, hasherFor, isDigest } from "./descriptor.ts";
import { duringRequest, failureOf } from "./failure.ts";
import { type AnyManifest, parseManifest } from "./manifest.ts";
import { MANIFEST_ACCEPT } from "./media.ts";
import type { Session } from "./session.ts";
import type { Answer } from "./transport.ts";

/** The largest manifest and configuration that are read, in bytes; as containerd's limit. */
const MAX_MANIFEST = 8 << 20;
/** Pages of a tag list that are followed. */
const MAX_TAG_PAGES = 1000;

/** A manifest with its exact bytes. */
export interface FetchedManifest {
  manifest: AnyManifest;
  descriptor: Descriptor;
  raw: Uint8Array;
}

/** One repository at one endpoint (distribution-spec: pull). */
export class RemoteRepository {
  readonly scopes: readonly string[];

  constructor(
    readonly session: Session,
    /** "library/busybox" */
    readonly path: string,
    actions: "pull" | "pull,push",
    /** Repositories to mount blobs from, which the token must cover too. */
    sources: readonly string[] = [],
  ) {
    this.scopes = [`repository:${path}:${actions}`, ...sources.map((source) => `repository:${source}:pull`)];
  }

  /** See BlobSource. */
  get mirror(): string | undefined {
    const { mirror, url } = this.session.endpoint;
    return mirror ? url : undefined;
  }

  private get idle(): number {
    return this.session.transport.idleTimeout;
  }

  /** What a tag points at. HEAD first: it does not count against Docker Hub's rate limit. */
  async resolve(tag: string, signal?: AbortSignal): Promise<{ digest: string } | FetchedManifest> {
    const answer = await this.session.send({
      method: "HEAD",
      target: `${this.path}/manifests/${tag}`,
      scopes: this.scopes,
      headers: { accept: MANIFEST_ACCEPT.join(", ") },
      signal,
    });
    await answer.body?.cancel();
    const digest = answer.headers.get("docker-content-digest") ?? "";
    if (answer.status === 200 && isDigest(digest)) return { digest };
    // A registry may leave the header out or not know HEAD; and only GET tells the reason of a refusal.
    return this.manifest(tag, signal);
  }

  /** Reads a manifest by tag or digest; by digest it is verified. Errors: notFound and others as the registry words them. */
  async manifest(reference: string, signal?: AbortSignal): Promise<FetchedManifest> {
    const answer = await this.session.expect({
      method: "GET",
      target: `${this.path}/manifests/${reference}`,
      scopes: this.scopes,
      headers: { accept: MANIFEST_ACCEPT.join(", ") },
      signal,
    });
    const raw = await readLimited(answer, MAX_MANIFEST, this.idle, signal);
    const wanted = isDigest(reference) ? reference : undefined;
    const is = (bytes: Uint8Array) =>
      !wanted || hasherFor(wanted).update(bytes).digest("hex") === wanted.slice(wanted.indexOf(":") + 1);
    const type = answer.headers.get("content-type") ?? "";
    // Only of the old format it is not all the bytes that the digest is over.
    if (!is(raw) && !/docker\.distribution\.manifest\.v1\+|^application\/json|^text\/plain/.test(type))
      throw dataLoss(`manifest verification failed for digest ${wanted}`);
    const manifest = parseManifest(raw, type);
    const content = manifest.kind === "schema1" ? manifest.content : raw;
    if (!is(content)) throw dataLoss(`manifest verification failed for digest ${wanted}`);
    const { mediaType } = manifest;
    return {
      manifest,
      raw,
      descriptor: { mediaType, digest: wanted ?? digestOf(content), size: raw.length },
    };
  }

  /** Reads a small blob (an image configuration) whole and verifies it. Errors: dataLoss on a wrong digest. */
  async smallBlob(descriptor: Descriptor, signal?: AbortSignal): Promise<Uint8Array> {
    const answer = await this.blob(descriptor.digest, 0, signal);
    const raw = await readLimited(answer, MAX_MANIFEST, this.idle, signal);
    const { digest } = descriptor;
    if (hasherFor(digest).update(raw).digest("hex") !== digest.slice(digest.indexOf(":") + 1))
      throw dataLoss(`image config verification failed for digest ${digest}`);
    return raw;
  }

  /** Opens a blob, from byte `offset` on if the registry can: the answer's status is 206 then, else 200. */
  async blob(digest: string, offset: number, signal?: AbortSignal): Promise<Answer> {
    return this.session.expect({
      method: "GET",
      target: `${this.path}/blobs/${digest}`,
      scopes: this.scopes,
      ...(offset > 0 ? { headers: { range: `bytes=${offset}-` } } : {}),
      signal,
    });
  }

  /** The pieces of an opened blob. */
  bytes(answer: Answer, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    return pieces(answer, this.idle, signal);
  }

  /** The size of a blob that the registry has; undefined if it has it not. */
  async statBlob(digest: string, signal?: AbortSignal): Promise<number | undefined> {
    const target = `${this.path}/blobs/${digest}`;
    const answer = await this.session.send({ method: "HEAD", target, scopes: this.scopes, signal });
    await answer.body?.cancel();
    if (answer.status === 200) return Number(answer.headers.get("content-length") ?? 0);
    if (answer.status === 404) return undefined;
    const why = `unexpected status ${answer.status} ${answer.statusText}`.trimEnd();
    const data = { status: answer.status, code: answer.status === 401 ? "UNAUTHORIZED" : "" };
    throw new EngineError("system", `Head "${answer.url}": ${why}`, { data });
  }

  /** All tags, following the pages. */
  async tags(signal?: AbortSignal): Promise<string[]> {
    const tags: string[] = [];
    let target: string | URL | undefined = `${this.path}/tags/list`;
    for (let page = 0; target !== undefined && page < MAX_TAG_PAGES; page++) {
      const answer = await this.session.expect({ method: "GET", target, scopes: this.scopes, signal });
      const raw = await readLimited(answer, MAX_MANIFEST, this.idle, signal);
      tags.push(...tagList(raw, answer.url));
      const next = /<([^>]*)>;\s*rel="?next"?/.exec(answer.headers.get("link") ?? "")?.[1];
      target = next === undefined ? undefined : new URL(next, answer.url);
    }
    return tags;
  }
}

function tagList(raw: Uint8Array, url: URL): string[] {
  try {
    const { tags } = JSON.parse(new TextDecoder().decode(raw)) as { tags?: unknown };
    return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
  } catch (error) {
    throw duringRequest("GET", url, error instanceof Error ? error : new Error(String(error)));
  }
}

/** True if a failure came from the connection, not from what a registry answered. */
export const neverAnswered = (error: unknown): boolean => failureOf(error)?.status === 0;
