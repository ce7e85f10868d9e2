import { invalidArgument } from "../../errors/errors.ts";

/** TLS of a tcp endpoint, PEM texts. */
export interface TlsOptions {
  ca?: string;
  cert?: string;
  key?: string;
  /** Whether the server's certificate must be valid. */
  verify: boolean;
}

/** Where an engine listens. */
export type Endpoint =
  | { kind: "unix"; path: string; url: string }
  | { kind: "tcp"; host: string; port: number; tls?: TlsOptions; url: string }
  | { kind: "ssh"; destination: string; port?: string; socket?: string; url: string };

export const DEFAULT_HOST = "unix:///var/run/docker.sock";
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/** Reads a DOCKER_HOST value: unix://, tcp://, http(s):// or ssh://. Errors: invalidArgument. */
export function parseEndpoint(text: string, tls?: TlsOptions): Endpoint {
  const mark = text.indexOf("://");
  const scheme = mark < 0 ? (text.startsWith("/") ? "unix" : "tcp") : text.slice(0, mark);
  const rest = mark < 0 ? text : text.slice(mark + 3);
  switch (scheme) {
    case "unix":
      return {
        kind: "unix",
        path: rest === "" ? "/var/run/docker.sock" : rest,
        url: mark < 0 ? `unix://${text}` : text,
      };
    case "tcp":
    case "http":
    case "https":
      return tcpEndpoint(rest, text, tls ?? (scheme === "https" ? { verify: true } : undefined));
    case "ssh":
      return sshEndpoint(text);
    default:
      throw invalidArgument(`invalid bind address format: ${text}`);
  }
}

function tcpEndpoint(rest: string, url: string, tls: TlsOptions | undefined): Endpoint {
  const match = /^(\[[^\]]+\]|[^:/]*)(?::(\d+))?(\/.*)?$/.exec(rest);
  if (!match) throw invalidArgument(`unable to parse docker host \`${url}\``);
  const host = (match[1] || "127.0.0.1").replace(/^\[|\]$/g, "");
  const port = match[2] === undefined ? (tls ? TLS_PORT : PLAIN_PORT) : Number(match[2]);
  return { kind: "tcp", host, port, url, ...(tls ? { tls } : {}) };
}

function sshEndpoint(url: string): Endpoint {
  const parsed = new URL(url);
  if (parsed.password !== "") throw invalidArgument(`plain-text password is not supported: ${url}`);
  if (parsed.hostname === "") throw invalidArgument(`no host specified: ${url}`);
  const destination = parsed.username === "" ? parsed.hostname : `${parsed.username}@${parsed.hostname}`;
  const socket = parsed.pathname.length > 1 ? parsed.pathname : undefined;
  return {
    kind: "ssh",
    destination,
    url,
    ...(parsed.port === "" ? {} : { port: parsed.port }),
    ...(socket === undefined ? {} : { socket }),
  };
}
