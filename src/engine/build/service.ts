import { rmSync } from "node:fs";
import { join } from "node:path";
import { pack } from "../../archive/pack.ts";
import { violation } from "../../dockerfile/checks.ts";
import { excerpt } from "../../dockerfile/errors.ts";
import type { Dockerfile, Warning } from "../../dockerfile/types.ts";
import { EngineError, invalidArgument, kindOf, messageOf } from "../../errors/errors.ts";
import {
  canonicalReference,
  familiarReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from "../../images/reference.ts";
import type { Image } from "../../images/types.ts";
import { collectGarbage } from "./cache-records.ts";
import { openContext } from "./context/open.ts";
import { CacheMounts } from "./run/cache-mounts.ts";
import { RunningSteps } from "./run/running.ts";
import { BuildJobs } from "./session/jobs.ts";
import { Sessions } from "./session/sessions.ts";
import { fetchCaches } from "./solve/fetch-caches.ts";
import { Solver } from "./solve/solver.ts";
import { openImageRoot } from "./stage/roots.ts";
import { squash } from "./stage/squash.ts";
import { type BuildEnv, type BuildOutput, type BuildRequest, shortID } from "./types.ts";

/** The answer of POST /build with `check=1`. */
export interface CheckResult {
  warnings: { rule: string; message: string; line: number; excerpt: string }[];
}

/** Builds images from Dockerfiles. */
export class Builder {
  readonly env: BuildEnv;
  readonly sessions = new Sessions();
  readonly jobs = new BuildJobs();

  constructor(parts: Omit<BuildEnv, "cacheMounts" | "running" | "temporary"> & { dataRoot: string }) {
    const { dataRoot, ...env } = parts;
    const temporary = join(dataRoot, "tmp", "builder");
    rmSync(temporary, { recursive: true, force: true });
    const running = new RunningSteps(join(dataRoot, "builder", "running"));
    this.env = {
      ...env,
      temporary,
      running,
      cacheMounts: new CacheMounts(join(dataRoot, "builder", "cache")),
    };
    void running.sweep(env.containers, env.log);
  }

  /** Resolves to the image's id. Errors: invalidArgument and others, in stock's words; nothing half-made is left. */
  async build(request: BuildRequest, out: BuildOutput): Promise<string> {
    const tags = request.tags.map(checkTag);
    const context = await openContext(this.env, request);
    try {
      this.#warn(context.dockerfile, context.file, out);
      refuse(context.dockerfile, context.dockerfile.warnings);
      await fetchCaches(this.env, request, out);
      const solver = new Solver({
        env: this.env,
        request,
        dockerfile: context.dockerfile,
        file: context.file,
        source: context.tree,
        out,
      });
      const state = await solver.run().catch((error) => {
        throw withExcerpt(error, context.dockerfile.source, context.file);
      });
      refuse(context.dockerfile, solver.warnings);
      if (!state.image) throw invalidArgument("No image was generated. Is your Dockerfile empty?");
      const image = request.squash ? await squash(this.env.images, state.image, state.base) : state.image;
      if (request.squash) out.image(image.id);
      out.text(`Successfully built ${shortID(image.id)}\n`);
      if (request.send) await this.#send(request, image, request.send);
      for (const tag of tags) await this.#tag(image.id, tag, out);
      return image.id;
    } finally {
      context.tree.close();
      collectGarbage(this.env.cacheMounts, this.env.gc);
    }
  }

  /** What the linter says of the Dockerfile; nothing is built. Errors: invalidArgument, as of a build. */
  async check(request: BuildRequest): Promise<CheckResult> {
    const { tree, dockerfile, file } = await openContext(this.env, request);
    try {
      const found = [...dockerfile.warnings];
      const out = {
        text() {},
        event() {},
        image() {},
        progress() {},
        warning: (one: Warning) => found.push(one),
      };
      new Solver({ env: this.env, request, dockerfile, file, source: tree, out }).check();
      const warnings = found.map(({ rule, message, line }) => ({
        rule,
        message,
        line,
        excerpt: excerpt(dockerfile.source, file, line),
      }));
      return { warnings: warnings.sort((a, b) => a.line - b.line) };
    } finally {
      tree.close();
    }
  }

  /** To the client's folder or file, over its session. */
  async #send({ session, signal }: BuildRequest, image: Image, how: "local" | "tar"): Promise<void> {
    if (!session) throw invalidArgument(`an output of type ${how} needs a session`);
    const { sendBytes, sendFolder } = await import("./session/filesend.ts");
    const { tree, close } = await openImageRoot(this.env.images, image);
    try {
      if (how === "tar") await sendBytes(session, pack(tree.root), signal);
      else await sendFolder(session, tree, signal);
    } finally {
      await close();
    }
  }

  /** Stock's words for what it warns of; all of it only to clients that show events. */
  #warn(dockerfile: Dockerfile, file: string, out: BuildOutput): void {
    const empty = dockerfile.warnings.filter(({ rule }) => rule === "NoEmptyContinuation");
    const all = dockerfile.stages.flatMap(({ instructions }) => instructions);
    const found = empty.map(({ line }) => {
      const text = all.find(({ first }) => first === line)?.text ?? "";
      return `[WARNING]: Empty continuation line found in:\n    ${text}\n`;
    });
    if (found.length > 0) {
      const future = "[WARNING]: Empty continuation lines will become errors in a future release.\n";
      out.text(`${found.join("")}${future}`, "stderr");
    }
    for (const warning of dockerfile.warnings) out.warning({ ...warning, file });
  }

  async #tag(id: string, tag: Reference, out: BuildOutput): Promise<void> {
    const { images, events } = this.env;
    await images.references.add(canonicalReference(tag), id);
    images.images.setLastUpdated(id);
    events.publish("image", "tag", id, { name: familiarReference(tag) });
    out.text(`Successfully tagged ${familiarReference(tag)}\n`);
  }
}

/** `# check=error=true`: what is warned of makes the build fail. */
function refuse({ checks }: Dockerfile, warnings: readonly Warning[]): void {
  if (checks.error && warnings.length > 0) throw invalidArgument(violation(warnings.map(({ rule }) => rule)));
}

function checkTag(text: string): Reference {
  const reference = parseReference(text);
  if (reference.digest !== undefined) throw invalidArgument("build tag cannot contain a digest");
  return withDefaultTag(reference);
}

/** Adds the lines around the failed step, for clients that show them. */
function withExcerpt(error: unknown, source: string, file: string): unknown {
  if (!(error instanceof EngineError)) return error;
  const { line, last } = (error.data ?? {}) as { line?: number; last?: number };
  if (line === undefined) return error;
  const data = { ...error.data, file, excerpt: excerpt(source, file, line, last) };
  return new EngineError(kindOf(error), messageOf(error), { cause: error, data });
}
