import { isIP } from "node:net";
import type { PortMap } from "../../../api/schema.ts";

export interface Ports {
  exposed: Record<string, Record<string, never>>;
  bindings: PortMap;
}

const PROTOCOLS = new Set(["tcp", "udp", "sctp"]);

/** What --publish and --expose ask for. Errors: in the words of the docker client. */
export function parsePorts(publish: readonly string[], expose: readonly string[]): Ports {
  const ports: Ports = { exposed: {}, bindings: {} };
  for (const spec of publish) addPublished(ports, spec.includes("=") ? fromLongForm(spec) : spec);
  for (const spec of expose) {
    if (spec.includes(":")) throw new Error(`invalid port format for --expose: ${spec}`);
    const { range, protocol } = splitProtocol(spec);
    const [first, last] = exposedRange(range, spec);
    for (let port = first; port <= last; port++) ports.exposed[`${port}/${protocol}`] = {};
  }
  return ports;
}

/** target=80,published=8080,protocol=tcp as 8080:80/tcp; other fields are passed over, as the docker client does. */
function fromLongForm(spec: string): string {
  const fields: Record<string, string> = {};
  for (const part of spec.split(",")) {
    const equals = part.indexOf("=");
    if (equals <= 0) throw new Error(`invalid publish opts format (should be name=value but got '${part}')`);
    fields[part.slice(0, equals)] = part.slice(equals + 1);
  }
  return `${fields["published"] ?? ""}:${fields["target"] ?? ""}/${fields["protocol"] ?? "tcp"}`;
}

function addPublished(ports: Ports, spec: string): void {
  const { ip, host, container } = splitSpec(spec);
  const { range, protocol } = splitProtocol(container);
  if (range === "") throw new Error(`no port specified: ${spec}<empty>`);
  const [first, last] = parseRange(range, spec, "invalid containerPort");
  const [hostFirst, hostLast] = host === "" ? [0, 0] : parseRange(host, spec, "invalid hostPort");
  const dynamic = host !== "" && last === first && hostLast !== hostFirst;
  if (host !== "" && !dynamic && last - first !== hostLast - hostFirst)
    throw new Error(`invalid ranges specified for container and host Ports: ${range} and ${host}`);
  for (let port = first; port <= last; port++) {
    const key = `${port}/${protocol}`;
    ports.exposed[key] = {};
    const HostPort = host === "" ? "" : dynamic ? host : String(hostFirst + port - first);
    ports.bindings[key] = [...(ports.bindings[key] ?? []), { HostIp: ip, HostPort }];
  }
}

/** [IP:][HOST:]CONTAINER, with IPv6 addresses in brackets. */
function splitSpec(spec: string): { ip: string; host: string; container: string } {
  const bracketed = /^\[([^\]]*)\]:([^:]*):([^:]*)$/.exec(spec);
  if (bracketed) return { ip: bracketed[1]!, host: bracketed[2]!, container: bracketed[3]! };
  const parts = spec.split(":");
  const container = parts.pop()!;
  const host = parts.pop() ?? "";
  const ip = parts.join(":");
  if (ip !== "" && isIP(ip) === 0) throw new Error(`invalid IP address: ${ip}`);
  return { ip, host, container };
}

function splitProtocol(text: string): { range: string; protocol: string } {
  const slash = text.indexOf("/");
  const protocol = (slash < 0 ? "" : text.slice(slash + 1).toLowerCase()) || "tcp";
  if (!PROTOCOLS.has(protocol)) throw new Error(`invalid proto: ${protocol}`);
  return { range: slash < 0 ? text : text.slice(0, slash), protocol };
}

/** The ports of --expose. Errors: say what is wrong with which number. */
function exposedRange(text: string, spec: string): [number, number] {
  const refuse = (why: string) => new Error(`invalid range format for --expose: ${spec}, error: ${why}`);
  if (text === "") throw refuse("empty string specified for ports");
  const dash = text.indexOf("-");
  const ends = dash < 0 ? [text] : [text.slice(0, dash), text.slice(dash + 1)];
  for (const end of ends) {
    const parsing = `strconv.ParseUint: parsing ${JSON.stringify(end)}`;
    if (!/^\d+$/.test(end)) throw refuse(`${parsing}: invalid syntax`);
    if (Number(end) > 65535) throw refuse(`${parsing}: value out of range`);
  }
  const [first, last] = [Number(ends[0]), Number(ends.at(-1))];
  if (last < first) throw refuse(`invalid range specified for port: ${text}`);
  return [first, last];
}

function parseRange(text: string, spec: string, what: string): [number, number] {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (!match || first > 65535 || last > 65535 || last < first) throw new Error(`${what}: ${text || spec}`);
  return [first, last];
}
