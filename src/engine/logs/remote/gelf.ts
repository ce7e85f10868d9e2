/** The driver "gelf": Graylog's format, over UDP (packed, in chunks) or TCP (ended by a zero byte). */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { deflateSync, gzipSync } from "node:zlib";
import { invalidArgument } from "../../../errors/errors.ts";
import { parseNanos } from "../../time.ts";
import { logAttributes } from "../attributes.ts";
import { checkKnown, parseCount } from "../options.ts";
import { tagOf } from "../tag.ts";
import type { LogContext, LogMessage } from "../types.ts";
import { LABEL_OPTIONS, type RemoteKind, withoutNewline } from "./kinds.ts";
import { type Address, openTransport, parseAddress } from "./transport.ts";

const PORT = 12_201;
/** Bytes of a UDP message, and of the head of a chunk in it. */
const CHUNK = 1420;
const CHUNK_HEAD = 12;
const MOST_CHUNKS = 128;
const CHUNK_MAGIC = [0x1e, 0x0f];
const LEVEL = { stdout: 6, stderr: 3 };

export const GELF: RemoteKind = {
  check(options) {
    checkKnown("gelf", options, [
      ...LABEL_OPTIONS,
      ...["gelf-address", "gelf-compression-type", "gelf-compression-level"],
      ...["gelf-tcp-max-reconnect", "gelf-tcp-reconnect-delay"],
    ]);
    const { scheme } = addressOf(options);
    for (const [name, owner] of [
      ["gelf-compression-type", "udp"],
      ["gelf-compression-level", "udp"],
      ["gelf-tcp-max-reconnect", "tcp"],
      ["gelf-tcp-reconnect-delay", "tcp"],
    ] as const) {
      if (options[name] !== undefined && scheme !== owner) {
        throw invalidArgument(
          `${name === "gelf-compression-type" ? "compression" : name} is only supported on ${owner.toUpperCase()}`,
        );
      }
    }
    const type = options["gelf-compression-type"] ?? "gzip";
    if (!["gzip", "zlib", "none"].includes(type)) {
      throw invalidArgument(
        `gelf: invalid compression type ${JSON.stringify(type)}: must be one of "gzip", "zlib", "none"`,
      );
    }
  },
  prepare(options, context) {
    const address = addressOf(options);
    const extra = extrasOf(options, context);
    const encode = (message: LogMessage): Uint8Array[] => {
      const text = withoutNewline(message).toString();
      if (text === "") return [];
      const json = Buffer.from(JSON.stringify(record(message, text, extra)));
      return address.scheme === "tcp" ? [Buffer.concat([json, Buffer.of(0)])] : chunks(pack(options, json));
    };
    return {
      encode,
      connect: () => openTransport(address),
      attempts: parseCount("gelf-tcp-max-reconnect", options["gelf-tcp-max-reconnect"] ?? "3"),
      retryDelay: 1000 * parseCount("gelf-tcp-reconnect-delay", options["gelf-tcp-reconnect-delay"] ?? "1"),
    };
  },
};

function addressOf(options: Record<string, string>): Address {
  const text = options["gelf-address"];
  if (!text) throw invalidArgument("gelf-address is a required parameter");
  return parseAddress("gelf-address", text, ["udp", "tcp"], PORT);
}

function extrasOf(options: Record<string, string>, context: LogContext): Record<string, string> {
  const attributes = Object.entries(logAttributes(options, context)).map(([key, value]) => [
    `_${key}`,
    value,
  ]);
  return {
    _container_id: context.id,
    _container_name: context.name,
    _image_id: context.imageID,
    _image_name: context.image,
    _command: context.command,
    _tag: tagOf(options, context),
    _created: context.created,
    ...Object.fromEntries(attributes),
  };
}

function record(message: LogMessage, text: string, extra: Record<string, string>): object {
  const timestamp = Number(parseNanos(message.time) / 1_000_000n) / 1000;
  return {
    version: "1.1",
    host: hostname(),
    short_message: text,
    timestamp,
    level: LEVEL[message.stream],
    ...extra,
  };
}

function pack(options: Record<string, string>, json: Buffer): Buffer {
  const level = options["gelf-compression-level"];
  const settings = level === undefined ? {} : { level: Number(level) };
  switch (options["gelf-compression-type"]) {
    case "none":
      return json;
    case "zlib":
      return deflateSync(json, settings);
    default:
      return gzipSync(json, settings);
  }
}

/** A message that is too long for one datagram goes in several; one that is too long for all of them does not go. */
export function chunks(data: Buffer): Uint8Array[] {
  if (data.length <= CHUNK) return [data];
  const room = CHUNK - CHUNK_HEAD;
  const count = Math.ceil(data.length / room);
  if (count > MOST_CHUNKS) return [];
  const id = randomBytes(8);
  return Array.from({ length: count }, (_, n) =>
    Buffer.concat([
      Buffer.from(CHUNK_MAGIC),
      id,
      Buffer.of(n, count),
      data.subarray(n * room, (n + 1) * room),
    ]),
  );
}
