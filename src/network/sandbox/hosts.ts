/** /etc/hosts of a container. */
import { readFileSync, writeFileSync } from "node:fs";
import { invalidArgument } from "../../errors/errors.ts";

const LOCAL = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

export interface HostsContent {
  /** Without a network of its own, the container gets the host's file. */
  fromHost: boolean;
  /** "name:address"; the address may be host-gateway. */
  extra: readonly string[];
  /** What host-gateway means; each address gets a line. */
  gateways: readonly string[];
  links: readonly { alias: string; name: string; address: string }[];
  addresses: readonly string[];
  hostname: string;
  domainname: string;
}

/** The file's text. Errors: invalidArgument for an extra host without address. */
export function hostsText(content: HostsContent): string {
  const lines = content.extra.flatMap((entry) => {
    const mark = entry.indexOf(":");
    const [name, address] = [entry.slice(0, mark), entry.slice(mark + 1)];
    if (mark <= 0 || address === "")
      throw invalidArgument(`bad format for add-host: ${JSON.stringify(entry)}`);
    if (address !== "host-gateway") return `${address}\t${name}`;
    if (content.gateways.length === 0)
      throw invalidArgument("unable to derive the IP value for host-gateway");
    return content.gateways.map((gateway) => `${gateway}\t${name}`);
  });
  for (const { alias, name, address } of content.links) lines.push(`${address}\t${alias} ${name}`);
  for (const address of content.addresses) lines.push(`${address}\t${ownNames(content)}`);
  return (content.fromHost ? hostFile() : LOCAL) + lines.map((line) => `${line}\n`).join("");
}

type OwnNames = Pick<HostsContent, "hostname" | "domainname">;

const ownNames = ({ hostname, domainname }: OwnNames) =>
  domainname === "" ? ownShort(hostname) : `${hostname}.${domainname} ${hostname}`;

const ownShort = (hostname: string) => {
  const dot = hostname.indexOf(".");
  return dot > 0 ? `${hostname} ${hostname.slice(0, dot)}` : hostname;
};

function hostFile(): string {
  try {
    return readFileSync("/etc/hosts", "utf8");
  } catch {
    return LOCAL;
  }
}

/** Adds or takes away the container's own address in a file that it may have edited; in place, since it is mounted. */
export function rewriteHosts(path: string, add: readonly string[], remove: readonly string[]): void {
  const gone = new Set(remove);
  const kept = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !gone.has(line));
  writeFileSync(path, `${[...kept, ...add].join("\n")}\n`);
}

/** The line for one of the container's own addresses. */
export const ownLine = (address: string, names: OwnNames): string => `${address}\t${ownNames(names)}`;
