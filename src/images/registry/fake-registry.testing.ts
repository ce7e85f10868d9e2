import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { MEDIA } from "./media.ts";
import { signedContent } from "./schema1.ts";

/** What a test registry answers to a request; undefined lets the good registry answer. */
export type Fault = (request: Request, url: URL) => Response | undefined | Promise<Response | undefined>;

const sha256 = (bytes: Uint8Array | string): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** Signatures do not count. */
const manifestDigest = (type: string, raw: Uint8Array): string =>
  sha256(type === MEDIA.manifest1Signed ? signedContent(raw) : raw);

export interface TestImage {
  manifestDigest: string;
  manifest: Uint8Array;
  config: Uint8Array;
  configDigest: string;
  layers: { tar: Buffer; blob: Buffer; digest: string; diffID: string }[];
}

/** An image of one schema 2 manifest over the given layer contents (which need not be real tars). */
export function makeImage(tars: Buffer[], os = "linux"): TestImage {
  const layers = tars.map((tar) => {
    const blob = gzipSync(tar);
    return { tar, blob, digest: sha256(blob), diffID: sha256(tar) };
  });
  const config = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os,
      rootfs: { type: "layers", diff_ids: layers.map((l) => l.diffID) },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA.manifest2,
      config: { mediaType: MEDIA.config, size: config.length, digest: sha256(config) },
      layers: layers.map(({ blob, digest }) => ({ mediaType: MEDIA.layer, size: blob.length, digest })),
    }),
  );
  return { manifestDigest: sha256(manifest), manifest, config, configDigest: sha256(config), layers };
}

/** A registry on a free port of 127.0.0.1 that serves what it is given and misbehaves on request. */
export class FakeRegistry {
  readonly blobs = new Map<string, Uint8Array>();
  /** By tag and by digest. */
  readonly manifests = new Map<string, { type: string; raw: Uint8Array }>();
  /** "GET /v2/…", with the Range header after it if there is one. */
  readonly requests: string[] = [];
  readonly authorizations: (string | null)[] = [];
  fault: Fault = () => undefined;
  private readonly server: ReturnType<typeof Bun.serve>;

  constructor() {
    this.server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => this.answer(request) });
  }

  get host(): string {
    return `127.0.0.1:${this.server.port}`;
  }

  add(tag: string, image: TestImage): void {
    this.blobs.set(image.configDigest, image.config);
    for (const { digest, blob } of image.layers) this.blobs.set(digest, blob);
    this.addManifest(tag, MEDIA.manifest2, image.manifest);
  }

  addManifest(tag: string, type: string, raw: Uint8Array): string {
    this.manifests.set(tag, { type, raw });
    const digest = manifestDigest(type, raw);
    this.manifests.set(digest, { type, raw });
    return digest;
  }

  stop(): void {
    this.server.stop(true);
  }

  private async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const range = request.headers.get("range");
    this.requests.push(`${request.method} ${url.pathname}${range ? ` ${range}` : ""}`);
    this.authorizations.push(request.headers.get("authorization"));
    return (await this.fault(request, url)) ?? (await this.good(request, url));
  }

  private async good(request: Request, url: URL): Promise<Response> {
    if (url.pathname === "/v2/") return Response.json({});
    if (url.pathname.includes("/blobs/uploads/")) return this.upload(request, url);
    const [, , kind, reference = ""] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.+)$/.exec(url.pathname) ?? [];
    if (kind === "manifests") return this.manifest(request, reference);
    if (kind === "blobs") return this.blob(request, reference);
    return Response.json({ tags: [...this.manifests.keys()].filter((key) => !key.startsWith("sha256:")) });
  }

  private async manifest(request: Request, reference: string): Promise<Response> {
    if (request.method === "PUT") {
      const digest = this.addManifest(
        reference,
        request.headers.get("content-type") ?? "",
        new Uint8Array(await request.arrayBuffer()),
      );
      return new Response(null, { status: 201, headers: { "docker-content-digest": digest } });
    }
    const found = this.manifests.get(reference);
    if (!found) return refuse(404, "MANIFEST_UNKNOWN", "manifest unknown");
    return new Response(Buffer.from(found.raw), {
      headers: { "content-type": found.type, "docker-content-digest": manifestDigest(found.type, found.raw) },
    });
  }

  private blob(request: Request, digest: string): Response {
    const blob = this.blobs.get(digest);
    if (!blob) return refuse(404, "BLOB_UNKNOWN", "blob unknown to registry");
    const from = Number(/bytes=(\d+)-/.exec(request.headers.get("range") ?? "")?.[1] ?? 0);
    const headers =
      from > 0 ? { "content-range": `bytes ${from}-${blob.length - 1}/${blob.length}` } : undefined;
    return new Response(Buffer.from(blob.subarray(from)), {
      status: from > 0 ? 206 : 200,
      ...(headers ? { headers } : {}),
    });
  }

  private readonly uploads = new Map<string, Buffer>();

  private async upload(request: Request, url: URL): Promise<Response> {
    if (request.method === "POST") {
      const mount = url.searchParams.get("mount");
      if (mount && this.blobs.has(mount))
        return new Response(null, { status: 201, headers: { location: "/x" } });
      const id = crypto.randomUUID();
      this.uploads.set(id, Buffer.alloc(0));
      return new Response(null, { status: 202, headers: { location: `${url.pathname}${id}?state=1` } });
    }
    const id = url.pathname.split("/").at(-1) ?? "";
    const all = Buffer.concat([
      this.uploads.get(id) ?? Buffer.alloc(0),
      Buffer.from(await request.arrayBuffer()),
    ]);
    this.uploads.set(id, all);
    const digest = url.searchParams.get("digest");
    if (request.method === "PATCH")
      return new Response(null, { status: 202, headers: { location: `${url.pathname}?state=2` } });
    if (digest !== sha256(all))
      return refuse(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    this.blobs.set(digest, all);
    return new Response(null, { status: 201 });
  }
}

/** An error in the distribution-spec's form. */
export const refuse = (
  status: number,
  code: string,
  message: string,
  headers?: Record<string, string>,
): Response => Response.json({ errors: [{ code, message }] }, { status, ...(headers ? { headers } : {}) });
