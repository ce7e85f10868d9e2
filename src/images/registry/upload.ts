import { EngineError } from "../../errors/errors.ts";
import { digestOf, isDigest } from "./descriptor.ts";
import { unreachable } from "./failure.ts";
import { RemoteRepository } from "./repository.ts";
import type { Answer } from "./transport.ts";

/** A repository that is written to (distribution-spec: push). */
export class UploadRepository extends RemoteRepository {
  /** Uploads a blob of unknown length, streaming; gives what was stored. */
  async uploadStream(
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<{ digest: string; size: number }> {
    const location = await this.startUpload(signal);
    const hasher = new Bun.CryptoHasher("sha256");
    let size = 0;
    const counted = (async function* (): AsyncGenerator<Uint8Array> {
      for await (const piece of bytes) {
        hasher.update(piece);
        size += piece.length;
        yield piece;
      }
    })();
    const answer = await this.session.expect({
      method: "PATCH",
      target: location,
      scopes: this.scopes,
      headers: { "content-type": "application/octet-stream" },
      body: counted,
      signal,
    });
    await answer.body?.cancel();
    const digest = `sha256:${hasher.digest("hex")}`;
    await this.finishUpload(nextLocation(answer, location), digest, new Uint8Array(0), signal);
    return { digest, size };
  }

  /** Uploads a small blob in one piece, unless the registry has it. */
  async uploadBytes(bytes: Uint8Array, digest: string, signal: AbortSignal): Promise<void> {
    if ((await this.statBlob(digest, signal)) !== undefined) return;
    await this.finishUpload(await this.startUpload(signal), digest, bytes, signal);
  }

  /** Asks to take a blob over from another repository; false if the registry would rather have it uploaded. */
  async mountBlob(digest: string, from: string, signal: AbortSignal): Promise<boolean> {
    const query = new URLSearchParams({ mount: digest, from });
    const target = `${this.path}/blobs/uploads/?${query}`;
    const answer = await this.session.expect({
      method: "POST",
      target,
      scopes: this.scopes,
      body: "",
      signal,
    });
    await answer.body?.cancel();
    if (answer.status === 201) return true;
    // The registry has opened an upload instead, which nobody will use.
    await this.cancelUpload(nextLocation(answer, answer.url), signal);
    return false;
  }

  /** Stores a manifest under a tag or digest; gives its digest as the registry knows it. */
  async putManifest(
    reference: string,
    mediaType: string,
    raw: Uint8Array,
    signal: AbortSignal,
  ): Promise<string> {
    const answer = await this.session.expect({
      method: "PUT",
      target: `${this.path}/manifests/${reference}`,
      scopes: this.scopes,
      headers: { "content-type": mediaType },
      body: raw,
      signal,
    });
    await answer.body?.cancel();
    const own = digestOf(raw);
    const said = answer.headers.get("docker-content-digest") ?? own;
    if (isDigest(said) && said.startsWith("sha256:") && said !== own)
      throw new EngineError("dataLoss", `the registry stored the manifest as ${said}, but it is ${own}`);
    return own;
  }

  private async startUpload(signal: AbortSignal): Promise<URL> {
    const target = `${this.path}/blobs/uploads/`;
    const answer = await this.session.expect({
      method: "POST",
      target,
      scopes: this.scopes,
      body: "",
      signal,
    });
    await answer.body?.cancel();
    return nextLocation(answer, answer.url);
  }

  private async finishUpload(
    location: URL,
    digest: string,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    const target = new URL(location);
    target.searchParams.set("digest", digest);
    const answer = await this.session.expect({
      method: "PUT",
      target,
      scopes: this.scopes,
      headers: { "content-type": "application/octet-stream" },
      body: bytes,
      signal,
    });
    await answer.body?.cancel();
  }

  private async cancelUpload(location: URL, signal: AbortSignal): Promise<void> {
    const answer = await this.session
      .send({ method: "DELETE", target: location, scopes: this.scopes, signal })
      .catch(() => undefined);
    await answer?.body?.cancel();
  }
}

/** Where an upload goes on. Errors: system for an answer without a usable Location. */
function nextLocation(answer: Answer, base: URL): URL {
  const location = answer.headers.get("location");
  const url = location === null ? null : URL.parse(location, base.href);
  if (!url || !/^https?:$/.test(url.protocol))
    throw unreachable("POST", answer.url, new Error("the registry gave no location for the upload"));
  if (base.protocol === "https:" && url.protocol === "http:")
    throw unreachable("POST", answer.url, new Error("refused an upload location without https"));
  return url;
}
