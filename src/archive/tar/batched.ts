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
