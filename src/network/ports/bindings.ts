/** From a request's exposed ports and bindings to the list of what is to be published. */
import type { PortMap } from "../../api/schema.ts";
import { invalidArgument } from "../../errors/errors.ts";
import type { PublishedPort } from "../records.ts";
import type { SandboxRequest } from "../types.ts";

export interface WantedPort {
  proto: PublishedPort["proto"];
  containerPort: number;
  /** Both families for a binding that names no address. */
  hostIPs: string[];
  /** Host ports to try, first and last; undefined for any. */
  range: [number, number] | undefined;
}

/** Reads "80/tcp" or "80" (tcp). Errors: invalidArgument. */
export function parsePort(text: string): { port: number; proto: PublishedPort["proto"] } {
  const [number = "", proto = "tcp"] = text.toLowerCase().split("/");
  if (!/^\d+$/.test(number) || Number(number) > 65535)
    throw invalidArgument(`invalid port specification: "${text}"`);
  if (proto !== "tcp" && proto !== "udp" && proto !== "sctp")
    throw invalidArgument(`invalid proto: ${proto}`);
  return { port: Number(number), proto };
}

/** "8080", "8080-8090" or "" (any). Errors: invalidArgument. */
function parseHostPort(text: string): [number, number] | undefined {
  if (text === "" || text === "0") return undefined;
  const found = /^(\d+)(?:-(\d+))?$/.exec(text);
  const first = Number(found?.[1]);
  const last = Number(found?.[2] ?? found?.[1]);
  if (!found || first > last || last > 65535) throw invalidArgument(`invalid hostPort: ${text}`);
  return [first, last];
}

export interface HostDefaults {
  /** Address for bindings that name none: "0.0.0.0" stands for both families. */
  ip: string;
  /** The kernel has IPv6. */
  ipv6: boolean;
}

function hostIPs(ip: string | undefined, defaults: HostDefaults): string[] {
  const chosen = ip || defaults.ip;
  const both = (ip === undefined || ip === "") && chosen === "0.0.0.0" && defaults.ipv6;
  return both ? ["0.0.0.0", "::"] : [chosen];
}

/** Everything that the request publishes, in the order in which Docker takes the ports. */
export function wantedPorts(request: SandboxRequest, defaults: HostDefaults): WantedPort[] {
  const names = new Set([...Object.keys(request.portBindings), ...request.exposedPorts]);
  const wanted: WantedPort[] = [];
  for (const name of names) {
    const { port: containerPort, proto } = parsePort(name);
    const bindings = request.portBindings[name] ?? [];
    for (const binding of bindings) {
      const range = parseHostPort(binding.HostPort ?? "");
      wanted.push({ proto, containerPort, hostIPs: hostIPs(binding.HostIp, defaults), range });
    }
    if (bindings.length === 0 && request.publishAll)
      wanted.push({ proto, containerPort, hostIPs: hostIPs("", defaults), range: undefined });
  }
  return wanted.toSorted(inDockersOrder);
}

/** The highest host port first, "any" last, so that no port that is named is given out as "any". */
const inDockersOrder = (a: WantedPort, b: WantedPort) =>
  (b.range?.[0] ?? 0) - (a.range?.[0] ?? 0) ||
  b.containerPort - a.containerPort ||
  a.proto.localeCompare(b.proto);

/** Ports as `docker inspect` shows them: exposed ones with null, published ones with all their bindings. */
export function portMap(request: SandboxRequest, published: readonly PublishedPort[]): PortMap {
  const map: PortMap = {};
  for (const name of [...request.exposedPorts, ...Object.keys(request.portBindings)]) {
    const { port, proto } = parsePort(name);
    map[`${port}/${proto}`] ??= null;
  }
  for (const { proto, containerPort, hostIP, hostPort } of published) {
    const name = `${containerPort}/${proto}`;
    map[name] = [...(map[name] ?? []), { HostIp: hostIP, HostPort: String(hostPort) }];
  }
  return map;
}
