import { dataLoss, invalidArgument } from "../../errors/errors.ts";
import { decompressLayer, sniffCompression } from "../registry/decompress.ts";

const PROGRAMS: Record<string, string[]> = {
  xz: ["xz", "-d", "-c", "-q"],
  bzip2: ["bzip2", "-d", "-c", "-q"],
};

/** What is packed, unpacked: plain, gzip, zstd in this process; xz and bzip2 by the programs of that name. Errors: dataLoss. */
export async function* decompress(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = bytes[Symbol.asyncIterator]();
  const head = await firstBytes(source);
  const whole = chained(head, source);
  const program = PROGRAMS[sniffCompression(head)];
  if (program) yield* through(program, whole);
  else yield* decompressLayer(whole);
}

/** Enough to tell the compression by; a stream may come in crumbs. */
async function firstBytes(source: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 6) {
    const next = await source.next();
    if (next.done) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* chained(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* through(command: string[], bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (!Bun.which(command[0]!)) {
    throw invalidArgument(
      `cannot unpack ${command[0]}: the program ${command[0]} is not installed on the engine's host`,
    );
  }
  const child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  const feeding = feed(child.stdin, bytes).catch(() => {});
  try {
    for await (const chunk of child.stdout as unknown as AsyncIterable<Uint8Array>) yield chunk;
    await feeding;
    if ((await child.exited) !== 0) throw dataLoss(`broken ${command[0]} stream`);
  } finally {
    child.kill();
  }
}

async function feed(sink: Bun.FileSink, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of bytes) {
    sink.write(chunk);
    await sink.flush();
  }
  await sink.end();
}
