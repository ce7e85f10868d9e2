/** The side of `dockerd unpack-layers` that unpacks: see unpackers.ts for the other one and what they say. */
import { read } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { promisify } from "node:util";
import { ByteQueue } from "../../archive/tar/byte-queue.ts";
import { dataLoss, kindOf, messageOf } from "../../errors/errors.ts";
import { dieWithParent } from "../../linux/prctl.ts";
import { trim } from "../../memory/trim.ts";
import type { Growth } from "./growing.ts";
import { type UnpackContext, type UnpackRequest, unpackHere } from "./unpack.ts";
import type { Answer, Order } from "./unpackers.ts";

/** dockerd's own work, and so its answers, come first: nicer than it by so much. */
const NICER = 5;
const NICEST = 19;
/** Milliseconds after a layer without another: where there are more, the next one comes at once. */
const QUIET = 200;
const REPORT_EVERY = 1 << 20;
const MAX_LINE = 1 << 20;

/** Serves one request after the other until the orders end. Gives the exit code. */
export async function unpackChild(): Promise<number> {
  // One that outlived a killed daemon would go on writing where the next one cleans up.
  dieWithParent();
  setPriority(Math.min(NICEST, getPriority() + NICER));
  const orders = new Orders(input());
  // One that rests keeps no more than it needs for the next layer.
  let resting: ReturnType<typeof setTimeout> | undefined;
  for (let order = await orders.next(); order; order = await orders.next()) {
    if (!("unpack" in order)) throw dataLoss("unpack-layers: an order out of place");
    clearTimeout(resting);
    if (!(await serve(order.unpack, orders))) return 1;
    resting = setTimeout(trim, QUIET);
    resting.unref();
  }
  return 0;
}

const say = (answer: Answer) => void process.stdout.write(`${JSON.stringify(answer)}\n`);

/** Bytes of the pipe at a time. */
const PIECE = 1 << 18;

/** Standard input, no faster than it is wanted: Bun.stdin.stream() would take in all that there is. */
async function* input(): AsyncGenerator<Uint8Array> {
  // A queue has no more use for a piece when it asks for the next one.
  const piece = Buffer.allocUnsafeSlow(PIECE);
  for (;;) {
    const { bytesRead } = await readPiece(0, piece, 0, PIECE, null);
    if (bytesRead === 0) return;
    yield piece.subarray(0, bytesRead);
  }
}

const readPiece = promisify(read);

/** False if the request failed, and with it what follows it. */
async function serve(request: UnpackRequest, orders: Orders): Promise<boolean> {
  let [said, all] = [0, 0];
  const onRead = (read: number) => {
    all = read;
    if (read - said < REPORT_EVERY) return;
    said = read;
    say({ read });
  };
  const source = new Source(orders);
  const context: UnpackContext = { onRead, growth: source, stream: source.bytes() };
  try {
    const done = await unpackHere(request, context);
    await source.drain();
    if (said < all) say({ read: all });
    say({ done });
    return true;
  } catch (error) {
    say({ failed: { kind: kindOf(error), message: messageOf(error) } });
    return false;
  }
}

/** What a layer is read from, as the orders tell: the growth of a file, or the bytes themselves. */
class Source implements Growth {
  readonly #orders: Orders;
  #grown = { size: 0, complete: false };

  constructor(orders: Orders) {
    this.#orders = orders;
  }

  async next(seen: number): Promise<{ size: number; complete: boolean }> {
    while (this.#grown.size <= seen && !this.#grown.complete) {
      const order = await this.#orders.next();
      if (!order || !("grown" in order)) throw dataLoss("unpack-layers: the layer ended early");
      this.#grown = order.grown;
    }
    return this.#grown;
  }

  async *bytes(): AsyncGenerator<Uint8Array> {
    while (!this.#grown.complete) {
      const order = await this.#orders.next();
      if (order && "bytes" in order) yield* this.#orders.bytes(order.bytes);
      else if (order && "grown" in order) this.#grown = order.grown;
      else throw dataLoss("unpack-layers: the layer ended early");
    }
  }

  /** Reads what is still said of the layer. */
  async drain(): Promise<void> {
    for await (const _ of this.bytes()) void _;
  }
}

/** Lines of JSON, and bytes between them. */
class Orders {
  readonly #queue: ByteQueue;

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#queue = new ByteQueue(input);
  }

  async next(): Promise<Order | undefined> {
    const line = await this.#queue.line(MAX_LINE);
    return line === undefined ? undefined : (JSON.parse(line) as Order);
  }

  async *bytes(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      const part = await this.#queue.some(left);
      if (part === undefined) throw dataLoss("unpack-layers: the layer ended early");
      left -= part.length;
      // A copy: a decompressor may keep it while the queue goes on.
      yield new Uint8Array(part);
    }
  }
}
