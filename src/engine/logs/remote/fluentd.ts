/** The driver "fluentd": the forward protocol, [tag, time, record] in MessagePack over TCP, TLS or a Unix socket. */
import { invalidArgument } from "../../../errors/errors.ts";
import { parseNanos } from "../../time.ts";
import { logAttributes } from "../attributes.ts";
import { checkKnown, parseCount, parseDuration } from "../options.ts";
import { tagOf } from "../tag.ts";
import type { LogContext, LogMessage } from "../types.ts";
import { LABEL_OPTIONS, type Piece, pieceCounter, type RemoteKind, withoutNewline } from "./kinds.ts";
import { pack, packEventTime } from "./msgpack.ts";
import { type Address, openTransport, openTwoWay, parseAddress } from "./transport.ts";

const PORT = 24_224;
const isTrue = (text: string | undefined) => /^(1|t|true)$/i.test(text ?? "");

/** As Go's strconv.ParseBool, with its text. Errors: invalidArgument. */
function checkFlag(name: string, text: string | undefined): void {
  if (text === undefined || text === "" || /^(1|t|true|0|f|false)$/i.test(text)) return;
  throw invalidArgument(
    `invalid value for ${name}: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}

export const FLUENTD: RemoteKind = {
  check(options) {
    checkKnown("fluentd", options, [
      ...LABEL_OPTIONS,
      ...["fluentd-address", "fluentd-async", "fluentd-async-connect", "fluentd-buffer-limit"],
      ...["fluentd-retry-wait", "fluentd-max-retries", "fluentd-request-ack", "fluentd-sub-second-precision"],
    ]);
    addressOf(options);
    for (const name of [
      "fluentd-async",
      "fluentd-async-connect",
      "fluentd-request-ack",
      "fluentd-sub-second-precision",
    ])
      checkFlag(name, options[name]);
    if (options["fluentd-async"] !== undefined && options["fluentd-async-connect"] !== undefined)
      throw invalidArgument(
        "conflicting options: cannot specify both 'fluentd-async-connect' and 'fluentd-async'",
      );
  },
  prepare(options, context) {
    const address = addressOf(options);
    const [tag, extra] = [tagOf(options, context), logAttributes(options, context)];
    const exact = isTrue(options["fluentd-sub-second-precision"]);
    const pieceOf = pieceCounter();
    return {
      encode: (message) => [entry(tag, context, { ...extra, ...partial(pieceOf(message)) }, exact, message)],
      async connect() {
        if (!isTrue(options["fluentd-request-ack"])) return openTransport(address);
        const [{ Acknowledged }, way] = await Promise.all([import("./acknowledged.ts"), openTwoWay(address)]);
        return new Acknowledged(way);
      },
      attempts: parseCount("fluentd-max-retries", options["fluentd-max-retries"] ?? "10"),
      retryDelay: parseDuration("fluentd-retry-wait", options["fluentd-retry-wait"] ?? "1s"),
      async: isTrue(options["fluentd-async"] ?? options["fluentd-async-connect"]),
    };
  },
};

function addressOf(options: Record<string, string>): Address {
  const text = options["fluentd-address"] || `tcp://127.0.0.1:${PORT}`;
  const whole = text.includes("://") ? text : `tcp://${text}`;
  return parseAddress("fluentd-address", whole, ["tcp", "tls", "unix"], PORT);
}

function entry(
  tag: string,
  { id, name }: LogContext,
  extra: Record<string, string>,
  exact: boolean,
  message: LogMessage,
): Buffer {
  const nanos = parseNanos(message.time);
  const time = exact ? packEventTime(nanos) : Number(nanos / 1_000_000_000n);
  const record = {
    container_id: id,
    container_name: `/${name}`,
    source: message.stream,
    log: withoutNewline(message).toString(),
    ...extra,
  };
  return pack([tag, time, record]);
}

function partial(piece: Piece | undefined): Record<string, string> {
  if (!piece) return {};
  return {
    partial_message: "true",
    partial_id: piece.id,
    partial_ordinal: String(piece.ordinal),
    partial_last: String(piece.last),
  };
}
