/** The driver "syslog": RFC 3164 and 5424 over UDP, TCP, TLS and Unix sockets. */
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { invalidArgument, systemError } from "../../../errors/errors.ts";
import { formatNanos, parseNanos } from "../../time.ts";
import { checkKnown } from "../options.ts";
import { tagOf } from "../tag.ts";
import type { LogContext, LogMessage } from "../types.ts";
import { LABEL_OPTIONS, type RemoteKind, withoutNewline } from "./kinds.ts";
import { type Address, openTransport, parseAddress, type TLSFiles } from "./transport.ts";

const FACILITIES =
  "kern user mail daemon auth syslog lpr news uucp cron authpriv ftp x x x x local0 local1 local2 local3 local4 local5 local6 local7".split(
    " ",
  );
const FORMATS = ["", "rfc3164", "rfc5424", "rfc5424micro"];
const SEVERITY = { stdout: 6, stderr: 3 };
const LOCAL_SOCKETS = ["/dev/log", "/var/run/syslog", "/var/run/log"];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const TLS_PORT = 6514;
const PORT = 514;

export const SYSLOG: RemoteKind = {
  check(options) {
    checkKnown("syslog", options, [
      ...LABEL_OPTIONS,
      ...["syslog-address", "syslog-facility", "syslog-format", "syslog-tls-ca-cert", "syslog-tls-cert"],
      ...["syslog-tls-key", "syslog-tls-skip-verify"],
    ]);
    addressOf(options);
    facilityOf(options);
    const format = options["syslog-format"] ?? "";
    if (!FORMATS.includes(format)) throw invalidArgument(`Invalid syslog format`);
  },
  prepare(options, context) {
    const address = addressOf(options);
    return {
      encode: (message) => [frame(address.scheme, line(options, context, address.scheme, message))],
      connect: () => openTransport(address.path === "local" ? localSocket() : address, tlsFiles(options)),
      attempts: 2,
      retryDelay: 0,
    };
  },
};

function addressOf(options: Record<string, string>): Address {
  const text = options["syslog-address"];
  if (!text) return { scheme: "unixgram", host: "", port: 0, path: "local" };
  const schemes = ["udp", "tcp", "tcp+tls", "unix", "unixgram"];
  return parseAddress("syslog-address", text, schemes, text.startsWith("tcp+tls") ? TLS_PORT : PORT);
}

function localSocket(): Address {
  const path = LOCAL_SOCKETS.find(existsSync);
  if (path === undefined) throw systemError("Unix syslog delivery error: no local syslog socket is there");
  return { scheme: "unixgram", host: "", port: 0, path };
}

function facilityOf(options: Record<string, string>): number {
  const name = options["syslog-facility"] || "daemon";
  const number = /^\d+$/.test(name) ? Number(name) : FACILITIES.indexOf(name);
  if (number < 0 || number > 23 || name === "x") throw invalidArgument("invalid syslog facility");
  return number;
}

function tlsFiles(options: Record<string, string>): TLSFiles {
  const read = (name: string) => (options[name] ? readFileSync(options[name]) : undefined);
  const [ca, cert, key] = [read("syslog-tls-ca-cert"), read("syslog-tls-cert"), read("syslog-tls-key")];
  return {
    verify: !options["syslog-tls-skip-verify"],
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
  };
}

/** Streams have no edges of their own: a newline ends a message; over TLS its length goes before it (RFC 5425). */
function frame(scheme: string, text: string): Uint8Array {
  const bytes = Buffer.from(text);
  if (scheme === "tcp+tls") return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
  return scheme === "tcp" || scheme === "unix" ? Buffer.concat([bytes, Buffer.from("\n")]) : bytes;
}

/** One line in the wanted format, as the Go library that stock uses writes it. */
export function line(
  options: Record<string, string>,
  context: LogContext,
  scheme: string,
  message: LogMessage,
): string {
  const priority = facilityOf(options) * 8 + SEVERITY[message.stream];
  const [tag, text] = [tagOf(options, context), withoutNewline(message).toString()];
  const format = options["syslog-format"] || (scheme === "tcp+tls" ? "rfc5424" : "");
  switch (format) {
    case "rfc5424":
    case "rfc5424micro": {
      const time = rfc5424Time(message.time, format === "rfc5424micro");
      return `<${priority}>1 ${time} ${hostname()} ${tag} ${process.pid} ${tag} - ${text}`;
    }
    case "rfc3164":
      return `<${priority}>${stamp(message.time)} ${hostname()} ${tag}[${process.pid}]: ${text}`;
    default:
      return `<${priority}>${stamp(message.time)} ${tag}[${process.pid}]: ${text}`;
  }
}

function rfc5424Time(time: string, micro: boolean): string {
  const nanos = parseNanos(time);
  const [whole = "", fraction = ""] = formatNanos(nanos).slice(0, -1).split(".");
  return micro ? `${whole}.${fraction.padEnd(9, "0").slice(0, 6)}Z` : `${whole}Z`;
}

/** "Jan  2 15:04:05" */
function stamp(time: string): string {
  const date = new Date(time);
  const two = (n: number) => String(n).padStart(2, "0");
  const day = String(date.getDate()).padStart(2, " ");
  return `${MONTHS[date.getMonth()]} ${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
