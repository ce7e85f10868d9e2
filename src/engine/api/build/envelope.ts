/**
 * What comes before the context with `envelope=1`: four bytes of length, big-endian, then as much JSON:
 * {"secrets": {"<id>": "<base64>"}}. Secrets so come neither into the URL nor into the context.
 */
import { dataLoss, invalidArgument } from "../../../errors/errors.ts";

/** Bytes; a secret is a key or a password. */
const LONGEST = 4 * 1024 * 1024;

export interface Opened {
  body: AsyncIterable<Uint8Array>;
  secrets: Map<string, Uint8Array>;
}

/** Errors: dataLoss, invalidArgument. */
export async function readEnvelope(body: AsyncIterable<Uint8Array>, present: boolean): Promise<Opened> {
  if (!present) return { body, secrets: new Map() };
  const source = body[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array(0);
  const need = async (length: number): Promise<void> => {
    while (held.length < length) {
      const next = await source.next();
      if (next.done) throw dataLoss("unexpected end of the build's envelope");
      held = Buffer.concat([held, next.value]);
    }
  };
  await need(4);
  const length = new DataView(held.buffer, held.byteOffset).getUint32(0);
  if (length > LONGEST) throw invalidArgument(`the build's envelope is longer than ${LONGEST} bytes`);
  await need(4 + length);
  const envelope = JSON.parse(Buffer.from(held.subarray(4, 4 + length)).toString()) as {
    secrets?: Record<string, string>;
  };
  const rest = held.subarray(4 + length);
  const secrets = Object.entries(envelope.secrets ?? {}).map(
    ([id, value]) => [id, Buffer.from(value, "base64")] as const,
  );
  return { body: chained(rest, source), secrets: new Map(secrets) };
}

async function* chained(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
