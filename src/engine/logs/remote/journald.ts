/** The driver "journald": fields in the journal's native protocol, one datagram a line. */
import { existsSync } from "node:fs";
import { systemError } from "../../../errors/errors.ts";
import { logAttributes } from "../attributes.ts";
import { checkKnown } from "../options.ts";
import { tagOf } from "../tag.ts";
import type { LogMessage } from "../types.ts";
import { LABEL_OPTIONS, type Piece, pieceCounter, type RemoteKind, withoutNewline } from "./kinds.ts";
import { openTransport } from "./transport.ts";

const SOCKET = "/run/systemd/journal/socket";
const PRIORITY = { stdout: "6", stderr: "3" };

export const JOURNALD: RemoteKind = {
  check: (options) => checkKnown("journald", options, LABEL_OPTIONS),
  prepare(options, context) {
    const tag = tagOf(options, context);
    const own = Object.entries(logAttributes(options, context)).map(
      ([key, value]) => [fieldName(key), value] as const,
    );
    const fields: (readonly [string, string])[] = [
      ["CONTAINER_ID", context.id.slice(0, 12)],
      ["CONTAINER_ID_FULL", context.id],
      ["CONTAINER_NAME", context.name],
      ["CONTAINER_TAG", tag],
      ["IMAGE_NAME", context.image],
      ["SYSLOG_IDENTIFIER", tag],
      ...own,
    ];
    const common = Buffer.concat(fields.map(([name, value]) => field(name, Buffer.from(value))));
    const pieceOf = pieceCounter();
    return {
      encode: (message) => [Buffer.concat([common, lineFields(message, pieceOf(message))])],
      async connect() {
        if (!existsSync(SOCKET)) throw systemError("journald is not enabled on this host");
        return openTransport({ scheme: "unixgram", host: "", port: 0, path: SOCKET });
      },
      attempts: 2,
      retryDelay: 0,
    };
  },
};

function lineFields(message: LogMessage, piece: Piece | undefined): Buffer {
  const fields = [
    field("MESSAGE", withoutNewline(message)),
    field("PRIORITY", Buffer.from(PRIORITY[message.stream])),
  ];
  if (piece) {
    const texts = { ID: piece.id, ORDINAL: String(piece.ordinal), LAST: String(piece.last) };
    for (const [name, text] of Object.entries(texts))
      fields.push(field(`CONTAINER_PARTIAL_${name}`, Buffer.from(text)));
    if (!piece.last) fields.push(field("CONTAINER_PARTIAL_MESSAGE", Buffer.from("true")));
  }
  return Buffer.concat(fields);
}

/** Letters, digits and underscores, beginning with a letter. */
function fieldName(key: string): string {
  return key
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "_")
    .replace(/^[^A-Z]+/, "");
}

/** NAME, newline, length as 8 bytes little end first, value, newline: takes any bytes. */
export function field(name: string, value: Buffer): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from("\n")]);
}
