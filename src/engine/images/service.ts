import type { Credentials } from "../../images/registry/credentials.ts";
import { login } from "../../images/registry/login.ts";
import type * as api from "../api/images/backend.ts";
import type { ImageDependencies } from "./dependencies.ts";
import { inspectDistribution } from "./distribution.ts";
import { imageHistory } from "./history.ts";
import { inspectImage } from "./inspect.ts";
import { listImages } from "./list.ts";
import { pruneImages } from "./prune.ts";
import { pullImages } from "./pull.ts";
import { pushImages } from "./push.ts";
import { type RemoveOptions, removeImage } from "./remove.ts";
import { searchImages } from "./search.ts";
import { tagImage } from "./tag.ts";

type Backend = api.ImageBackend;

/** All image operations of the engine behind one door; each has a file of its own. */
export class ImageService implements Backend {
  readonly import: Backend["import"];
  readonly load: Backend["load"];
  readonly save: Backend["save"];
  readonly commit: Backend["commit"];

  constructor(
    private readonly deps: ImageDependencies,
    archives: api.ImageArchives,
    commit: Backend["commit"],
  ) {
    this.import = (options) => archives.import(options);
    this.load = (bytes, quiet, progress, signal) => archives.load(bytes, quiet, progress, signal);
    this.save = (names) => archives.save(names);
    this.commit = commit;
  }

  list(options: api.ListOptions): ReturnType<Backend["list"]> {
    return listImages(this.deps, options);
  }

  inspect(name: string): ReturnType<Backend["inspect"]> {
    return inspectImage(this.deps, name);
  }

  history(name: string): ReturnType<Backend["history"]> {
    return imageHistory(this.deps, name);
  }

  tag(name: string, repo: string, tag: string): Promise<void> {
    return tagImage(this.deps, name, repo, tag);
  }

  remove(name: string, options: RemoveOptions): ReturnType<Backend["remove"]> {
    return removeImage(this.deps, name, options);
  }

  prune(filters: api.Filters): ReturnType<Backend["prune"]> {
    return pruneImages(this.deps, filters);
  }

  pull(options: api.PullOptions): Promise<void> {
    return pullImages(this.deps, options);
  }

  push(options: api.PushOptions): Promise<void> {
    return pushImages(this.deps, options);
  }

  search(options: api.SearchOptions): ReturnType<Backend["search"]> {
    return searchImages(this.deps, options);
  }

  async login(credentials: Credentials, signal: AbortSignal): ReturnType<Backend["login"]> {
    const { transport, registrySettings } = this.deps;
    const { identityToken } = await login(transport, registrySettings(), credentials, signal);
    return { status: "Login Succeeded", identityToken };
  }

  distribution(
    name: string,
    credentials: Credentials,
    signal: AbortSignal,
  ): ReturnType<Backend["distribution"]> {
    return inspectDistribution(this.deps, name, credentials, signal);
  }
}
