/** The same bytes in larger pieces: small ones are put together, large ones passed on as they are. */
export async function* batched(
  pieces: AsyncIterable<Uint8Array>,
  size = 256 * 1024,
): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    if (piece.length === 0) continue;
    held.push(piece);
    length += piece.length;
    if (length < size) continue;
    yield held.length === 1 ? piece : Buffer.concat(held);
    held = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(held);
}

/** As batched(), in one and the same buffer: a piece is valid until the next one is asked for. */
export async function* gathered(
  pieces: AsyncIterable<Uint8Array>,
  size = 256 * 1024,
): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(size);
  let length = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const taken = Math.min(size - length, piece.length - at);
      buffer.set(piece.subarray(at, at + taken), length);
      length += taken;
      at += taken;
      if (length < size) continue;
      yield buffer;
      length = 0;
    }
  }
  if (length > 0) yield buffer.subarray(0, length);
}
