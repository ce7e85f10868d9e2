/** docker-proxy's command line: stock's flags for one port, repeated for several; -listen-fd for a socket that is bound already. */
import { invalidArgument } from "../../errors/errors.ts";

export interface ProxiedPort {
  proto: "tcp" | "udp" | "sctp";
  hostIP: string;
  hostPort: number;
  containerIP: string;
  containerPort: number;
  listenFd: number | undefined;
}

const NAMES = ["proto", "host-ip", "host-port", "container-ip", "container-port", "listen-fd"] as const;
type Name = (typeof NAMES)[number];

/** Each -proto begins a new port. Errors: invalidArgument. */
export function parseArguments(args: readonly string[]): ProxiedPort[] {
  const groups: Partial<Record<Name, string>>[] = [];
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i]!.replace(/^--?/, "") as Name;
    const value = args[i + 1];
    if (!NAMES.includes(name) || value === undefined)
      throw invalidArgument(`unknown or incomplete flag ${args[i]}`);
    if (name === "proto" || groups.length === 0) groups.push({});
    groups.at(-1)![name] = value;
  }
  return groups.map(portOf);
}

function portOf(group: Partial<Record<Name, string>>): ProxiedPort {
  const { proto = "tcp" } = group;
  if (proto !== "tcp" && proto !== "udp" && proto !== "sctp")
    throw invalidArgument(`unsupported protocol ${proto}`);
  const number = (name: Name) => {
    const value = Number(group[name]);
    if (!Number.isInteger(value) || value < 1 || value > 65535)
      throw invalidArgument(`-${name} must be a port number`);
    return value;
  };
  const fd = group["listen-fd"];
  return {
    proto,
    hostIP: group["host-ip"] ?? "0.0.0.0",
    hostPort: number("host-port"),
    containerIP: group["container-ip"] ?? "",
    containerPort: number("container-port"),
    listenFd: fd === undefined ? undefined : Number(fd),
  };
}
