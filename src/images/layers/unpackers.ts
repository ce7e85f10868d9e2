/**
 * Layers are unpacked by processes of their own (`dockerd unpack-layers`), so that dockerd answers its API meanwhile,
 * and two layers at once keep two processors busy. A process serves one layer after the other, and ends when there has
 * been none for a while.
 *
 * dockerd → process: lines of JSON, see Order. A request; then, until all is there, how far the file has grown; or, for a
 * stream, the number of bytes that follow the line. Process → dockerd: see Answer; after a failure the process ends.
 */
import { EngineError, type ErrorKind, systemError } from "../../errors/errors.ts";
import { finished, type Grown, type Growth } from "./growing.ts";
import { type UnpackContext, type Unpacked, type UnpackRequest, unpackHere } from "./unpack.ts";

/** What a process is told. */
export type Order = { unpack: UnpackRequest } | { grown: Grown } | { bytes: number };

/** What a process says. */
export type Answer = { read: number } | { done: Unpacked } | { failed: { kind: ErrorKind; message: string } };

/** Milliseconds that a process waits for another layer. */
const REST = 2000;

/** Unpacks layers in processes of their own; in this one where the program is not compiled. */
export class Unpackers {
  readonly #idle = new Set<Helper>();

  /** Errors: as unpackHere. */
  async unpack(request: UnpackRequest, context: UnpackContext): Promise<Unpacked> {
    if (!Bun.main.startsWith("/$bunfs/")) return unpackHere(request, context);
    context.signal?.throwIfAborted();
    const [rested] = this.#idle;
    const helper = rested ?? new Helper(() => this.#idle.delete(helper));
    this.#idle.delete(helper);
    helper.wake();
    const unpacked = await helper.unpack(request, context);
    this.#idle.add(helper);
    helper.rest(REST, () => this.#idle.delete(helper));
    return unpacked;
  }
}

type Outcome = Exclude<Answer, { read: number }>;

/** One process. After any failure it is ended. */
class Helper {
  readonly #child;
  readonly #answers: AsyncIterator<Answer>;
  #resting: ReturnType<typeof setTimeout> | undefined;

  constructor(onExit: () => void) {
    this.#child = Bun.spawn({
      cmd: [process.execPath, "unpack-layers"],
      argv0: "dockerd",
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
      onExit,
    });
    this.#answers = answersIn(this.#child.stdout);
  }

  /** Ends it after so many milliseconds, unless it is woken before; and does not keep this process from ending. */
  rest(milliseconds: number, onEnd: () => void): void {
    const end = () => {
      onEnd();
      void this.#child.stdin.end();
    };
    this.#resting = setTimeout(end, milliseconds);
    this.#resting.unref();
    this.#child.unref();
  }

  wake(): void {
    clearTimeout(this.#resting);
    this.#child.ref();
  }

  async unpack(request: UnpackRequest, context: UnpackContext): Promise<Unpacked> {
    const { signal, growth } = context;
    const kill = () => this.#child.kill("SIGKILL");
    signal?.addEventListener("abort", kill);
    let ok = false;
    try {
      const feeding = this.#feed(request, context);
      feeding.catch(kill);
      const outcome = await this.#outcome(context);
      // Whoever writes the file knows best what is wrong with it.
      if (outcome && "failed" in outcome && growth) await feeding;
      signal?.throwIfAborted();
      if (outcome && "failed" in outcome) throw new EngineError(outcome.failed.kind, outcome.failed.message);
      await feeding;
      if (!outcome) throw systemError(`unpacking the layer ended early (${await this.#ending()})`);
      ok = true;
      return outcome.done;
    } finally {
      signal?.removeEventListener("abort", kill);
      if (!ok) {
        kill();
        await this.#child.exited;
      }
    }
  }

  async #ending(): Promise<string> {
    const code = await this.#child.exited;
    return String(this.#child.signalCode ?? `exit code ${code}`);
  }

  /** Resolves when all of the layer has been told. Errors: the source's own; none when the process has ended. */
  async #feed(request: UnpackRequest, { stream, growth }: UnpackContext): Promise<void> {
    await this.#tell({ unpack: request });
    if (request.file === undefined) {
      for await (const bytes of stream!) {
        if (this.#ended) return;
        await this.#tell({ bytes: bytes.length }, bytes);
      }
      await this.#tell({ grown: { size: 0, complete: true } });
      return;
    }
    const source: Growth = growth ?? finished(Bun.file(request.file).size);
    for (let seen = 0; ; ) {
      const grown = await source.next(seen);
      await this.#tell({ grown });
      if (grown.complete) return;
      seen = grown.size;
    }
  }

  get #ended(): boolean {
    return this.#child.killed || this.#child.exitCode !== null;
  }

  /** A process that has ended has said why. */
  async #tell(order: Order, bytes?: Uint8Array): Promise<void> {
    try {
      this.#child.stdin.write(`${JSON.stringify(order)}\n`);
      if (bytes) this.#child.stdin.write(bytes);
      await this.#child.stdin.flush();
    } catch {
      // Its answer, or the lack of one, tells.
    }
  }

  async #outcome({ onRead }: UnpackContext): Promise<Outcome | undefined> {
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done) return undefined;
      if ("read" in value) onRead?.(value.read);
      else return value;
    }
  }
}

async function* answersIn(stdout: ReadableStream<Uint8Array>): AsyncGenerator<Answer, undefined> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stdout) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as Answer;
  }
  return undefined;
}
