/**
 * Unpacking of one layer: decompression, digest, files and tar-split record in one go. It keeps a processor busy, so
 * dockerd does it in a process of its own (`dockerd unpack-layer`), and answers its API meanwhile.
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { unpack, type Whiteouts } from "../../archive/unpack.ts";
import { EngineError, type ErrorKind, kindOf, messageOf, systemError } from "../../errors/errors.ts";
import type { IDMap } from "../../linux/id-map.ts";
import { dieWithParent } from "../../linux/prctl.ts";
import { decompressLayer } from "../registry/decompress.ts";
import type { Digest } from "../types.ts";
import { TarSplitWriter } from "./tar-split.ts";

export interface UnpackRequest {
  /** The layer, packed or not: a path, or undefined for a stream. */
  file: string | undefined;
  /** Where the files go. */
  folder: string;
  whiteouts: Whiteouts;
  /** The layer names owners by these ids of containers. */
  ids?: IDMap | undefined;
  /** Path of the tar-split record to write. */
  tarSplit: string;
}

export interface Unpacked {
  diffID: Digest;
  /** As the layer's size counts them. */
  size: number;
}

export interface UnpackContext {
  /** The layer, if the request names no file. */
  stream?: AsyncIterable<Uint8Array>;
  /** Told how many bytes of the file, as it is, have been read. */
  onRead?(bytes: number): void;
  signal?: AbortSignal | undefined;
}

const PIECE = 256 * 1024;

/** Unpacks within this process. Errors: dataLoss, invalidArgument, system. */
export async function unpackHere(request: UnpackRequest, context: UnpackContext): Promise<Unpacked> {
  const source = request.file === undefined ? context.stream! : readFile(request.file, context);
  const { whiteouts, ids } = request;
  const hash = createHash("sha256");
  const split = new TarSplitWriter(request.tarSplit);
  async function* tar(): AsyncGenerator<Uint8Array> {
    for await (const chunk of decompressLayer(source)) {
      hash.update(chunk);
      yield chunk;
    }
  }
  try {
    const size = await unpack(tar(), request.folder, { whiteouts, ids, observer: split });
    await split.finish();
    return { diffID: `sha256:${hash.digest("hex")}`, size };
  } catch (error) {
    split.abandon();
    throw error;
  }
}

async function* readFile(file: string, { onRead, signal }: UnpackContext): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const piece of createReadStream(file, { highWaterMark: PIECE })) {
    signal?.throwIfAborted();
    read += (piece as Buffer).length;
    onRead?.(read);
    yield piece as Buffer;
  }
}

/** What the child writes on stdout, one JSON object a line. */
type Line = { read: number } | { done: Unpacked } | { failed: { kind: ErrorKind; message: string } };

/** The child's side: the request is its argument, a stream comes by stdin. Gives the exit code. */
export async function unpackChild([text]: string[]): Promise<number> {
  // One that outlived a killed daemon would go on writing where the next one cleans up.
  dieWithParent();
  const say = (line: Line) => void process.stdout.write(`${JSON.stringify(line)}\n`);
  try {
    const request = JSON.parse(text ?? "") as UnpackRequest;
    let [said, all] = [0, 0];
    const onRead = (read: number) => {
      all = read;
      if (read - said < 4 * PIECE) return;
      said = read;
      say({ read });
    };
    const done = await unpackHere(request, { stream: Bun.stdin.stream(), onRead });
    if (said < all) say({ read: all });
    say({ done });
    return 0;
  } catch (error) {
    say({ failed: { kind: kindOf(error), message: messageOf(error) } });
    return 1;
  }
}

/** Unpacks in a process of its own; in this one where the program is not compiled. Errors: as unpackHere; cancelled. */
export async function unpackLayer(request: UnpackRequest, context: UnpackContext): Promise<Unpacked> {
  if (!Bun.main.startsWith("/$bunfs/")) return unpackHere(request, context);
  const { stream, signal } = context;
  const child = Bun.spawn({
    cmd: [process.execPath, "unpack-layer", JSON.stringify(request)],
    argv0: "dockerd",
    stdin: stream ? "pipe" : "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const kill = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", kill);
  try {
    signal?.throwIfAborted();
    const [outcome] = await Promise.all([
      outcomeOf(child.stdout, context),
      stream && child.stdin ? feed(stream, child.stdin) : undefined,
    ]);
    if (outcome && "done" in outcome) return outcome.done;
    signal?.throwIfAborted();
    if (outcome) throw new EngineError(outcome.failed.kind, outcome.failed.message);
    throw systemError(`unpacking the layer ended early (${child.signalCode ?? (await child.exited)})`);
  } finally {
    signal?.removeEventListener("abort", kill);
    kill();
    await child.exited;
  }
}

type Outcome = Exclude<Line, { read: number }>;

async function outcomeOf(
  stdout: ReadableStream<Uint8Array>,
  { onRead }: UnpackContext,
): Promise<Outcome | undefined> {
  let rest = "";
  let outcome: Outcome | undefined;
  const decoder = new TextDecoder();
  for await (const chunk of stdout) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) {
      const line = JSON.parse(text) as Line;
      if ("read" in line) onRead?.(line.read);
      else outcome = line;
    }
  }
  return outcome;
}

/** A child that has ended has said why; the source's own failure is what counts otherwise. */
async function feed(stream: AsyncIterable<Uint8Array>, stdin: Bun.FileSink): Promise<void> {
  for await (const chunk of stream) {
    try {
      stdin.write(chunk);
      await stdin.flush();
    } catch {
      return;
    }
  }
  await stdin.end();
}
