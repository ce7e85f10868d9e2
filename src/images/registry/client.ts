import { EngineError, isCancelled, kindOf, messageOf } from "../../errors/errors.ts";
import { pieces, refused } from "./body.ts";
import type { Credentials } from "./credentials.ts";
import type { Descriptor } from "./descriptor.ts";
import type { BlobSource } from "./download.ts";
import { type Endpoint, endpointsFor, type RegistrySettings } from "./endpoint.ts";
import { isForeignLayer } from "./media.ts";
import { neverAnswered, type RemoteRepository } from "./repository.ts";
import { Session } from "./session.ts";
import type { Answer, Transport } from "./transport.ts";
import { UploadRepository } from "./upload.ts";

/** Which repository is wanted, by whom, what for. */
export interface RepositoryRequest {
  /** "docker.io" or "127.0.0.1:5000" */
  domain: string;
  /** "library/busybox" */
  path: string;
  credentials: Credentials;
  purpose: "pull" | "push";
  /** Paths of repositories of the same domain to mount blobs from. */
  mountSources?: readonly string[];
  signal: AbortSignal;
}

/** What was done at the first endpoint that could, and where else the repository may be read. */
export interface Reached<T> {
  result: T;
  repository: UploadRepository;
  /** This endpoint, then those that were left; for blobs. */
  sources: BlobSource[];
}

/** Finds its way to repositories: mirrors, then the registry; https, then http where that is allowed. */
export class RegistryClient {
  constructor(
    private readonly transport: Transport,
    private readonly settings: () => RegistrySettings,
  ) {}

  /**
   * Does something at the first endpoint where it succeeds. A mirror's failure of any kind leads to the next
   * endpoint, the registry's own only if it gave no answer at all. Errors: the last endpoint's.
   */
  async reach<T>(
    request: RepositoryRequest,
    use: (repository: UploadRepository) => Promise<T>,
  ): Promise<Reached<T>> {
    const endpoints = await endpointsFor(request.domain, this.settings(), request.purpose);
    const failures: [Endpoint, unknown][] = [];
    for (const [i, endpoint] of endpoints.entries()) {
      try {
        const repository = await this.open(endpoint, request);
        const result = await use(repository);
        const rest = endpoints
          .slice(i + 1)
          .map((next) => new LazySource(next, () => this.open(next, request)));
        return { result, repository, sources: [repository, ...rest] };
      } catch (error) {
        if (isCancelled(error) || !(endpoint.mirror || neverAnswered(error))) throw error;
        failures.push([endpoint, error]);
      }
    }
    throw combined(failures);
  }

  /** Where a layer that registries may not keep is besides. */
  foreignSources({ mediaType, urls }: Descriptor): BlobSource[] {
    const allowed = (urls ?? []).filter((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ""));
    return isForeignLayer(mediaType) ? allowed.map((url) => new ForeignSource(this.transport, url)) : [];
  }

  private async open(endpoint: Endpoint, request: RepositoryRequest): Promise<UploadRepository> {
    // A mirror is somebody else's machine: it never gets the registry's password.
    const credentials = endpoint.mirror ? {} : request.credentials;
    const session = await Session.open(this.transport, endpoint, credentials, request.signal);
    const actions = request.purpose === "push" ? "pull,push" : "pull";
    return new UploadRepository(session, request.path, actions, request.mountSources);
  }
}

/** A URL of a foreign layer; it is asked without anybody's credentials, and its content is checked as any other. */
class ForeignSource implements BlobSource {
  constructor(
    private readonly transport: Transport,
    private readonly url: string,
  ) {}

  async blob(_: string, offset: number, signal?: AbortSignal): Promise<Answer> {
    const answer = await this.transport.send({
      method: "GET",
      url: new URL(this.url),
      ...(offset > 0 ? { headers: { range: `bytes=${offset}-` } } : {}),
      signal,
    });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw await refused(answer, this.transport.idleTimeout);
  }

  bytes(answer: Answer, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return pieces(answer, this.transport.idleTimeout, signal);
  }
}

/** The last endpoint's failure, which is what stock reports; what the mirrors said before is added. */
function combined(failures: [Endpoint, unknown][]): Error {
  const [, last] = failures.at(-1)!;
  const cause = last instanceof Error ? last : new Error(String(last));
  const mirrors = failures.filter(([endpoint, error]) => endpoint.mirror && error !== last);
  if (mirrors.length === 0) return cause;
  const said = mirrors.map(([{ url }, error]) => `mirror ${url}: ${messageOf(error)}`).join("; ");
  return new EngineError(kindOf(cause), `${cause.message} (${said})`, { cause });
}

/** An endpoint that is only asked once the ones before it have failed. */
class LazySource implements BlobSource {
  private opened: Promise<RemoteRepository> | undefined;
  readonly mirror: string | undefined;

  constructor(
    endpoint: Endpoint,
    private readonly open: () => Promise<RemoteRepository>,
  ) {
    this.mirror = endpoint.mirror ? endpoint.url : undefined;
  }

  private repository(): Promise<RemoteRepository> {
    this.opened ??= this.open();
    return this.opened;
  }

  async blob(digest: string, offset: number, signal?: AbortSignal): Promise<Answer> {
    return (await this.repository()).blob(digest, offset, signal);
  }

  async *bytes(answer: Answer, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    yield* (await this.repository()).bytes(answer, signal);
  }
}
