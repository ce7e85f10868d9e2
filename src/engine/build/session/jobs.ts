/** Builds by the ids that their clients chose: to cancel one, and to hand it a context that comes in another request. */
import { notFound, unavailable } from "../../../errors/errors.ts";

interface Job {
  stop: AbortController;
  /** Takes a context in; resolves when the build has read it, or has ended. */
  upload: ((body: AsyncIterable<Uint8Array>) => Promise<void>) | undefined;
  /** Told when somebody waits for an upload. */
  wanted: (() => void)[];
}

/** How long the two requests of a build wait for one another. */
const PATIENCE_MS = 5000;

export class BuildJobs {
  readonly #jobs = new Map<string, Job>();

  #job(id: string): Job {
    const present = this.#jobs.get(id);
    if (present) return present;
    const job: Job = { stop: new AbortController(), upload: undefined, wanted: [] };
    this.#jobs.set(id, job);
    return job;
  }

  /** A build begins: the signal stops it as well; end() forgets it. */
  begin(id: string): { signal: AbortSignal; end(): void } {
    const job = this.#job(id);
    return {
      signal: job.stop.signal,
      end: () => {
        job.stop.abort();
        this.#jobs.delete(id);
      },
    };
  }

  cancel(id: string): void {
    this.#jobs.get(id)?.stop.abort();
  }

  /** Hands a build its context. Errors: notFound, if no build takes it. */
  async offer(id: string, body: AsyncIterable<Uint8Array>): Promise<void> {
    const job = this.#job(id);
    if (!job.upload) await within(new Promise<void>((resolve) => void job.wanted.push(resolve)));
    if (!job.upload) {
      this.#jobs.delete(id);
      throw notFound(`no build of id ${id} waits for a context`);
    }
    await job.upload(body);
  }

  /** The context that another request brings. Errors: unavailable. */
  async take(id: string): Promise<AsyncIterable<Uint8Array>> {
    const job = this.#job(id);
    const context = await within(
      new Promise<AsyncIterable<Uint8Array>>((resolve) => {
        job.upload = (body) =>
          new Promise<void>((read) => {
            job.stop.signal.addEventListener("abort", () => read());
            resolve(reading(body, read));
          });
        for (const tell of job.wanted.splice(0)) tell();
      }),
    );
    if (!context) throw unavailable(`the context of build ${id} was not sent: context deadline exceeded`);
    return context;
  }
}

async function within<T>(promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function* reading(body: AsyncIterable<Uint8Array>, read: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    read();
  }
}
