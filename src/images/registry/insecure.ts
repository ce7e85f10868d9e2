import { isIP } from "node:net";
import { invalidArgument } from "../../errors/errors.ts";

/** An address as one number, and the bits that addresses of its family have. */
function addressBits(ip: string): { value: bigint; bits: number } | undefined {
  if (isIP(ip) === 4) {
    return { value: ip.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n), bits: 32 };
  }
  if (isIP(ip) !== 6) return undefined;
  const [head = "", tail] = ip.replace(/%.*$/, "").split("::");
  const words = (text: string): number[] =>
    text === ""
      ? []
      : text.split(":").flatMap((part) => {
          if (!part.includes(".")) return [Number.parseInt(part, 16)];
          const [a = 0, b = 0, c = 0, d = 0] = part.split(".").map(Number);
          return [(a << 8) | b, (c << 8) | d];
        });
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const gap = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => 0);
  const value = [...left, ...gap, ...right].reduce((sum, word) => (sum << 16n) | BigInt(word), 0n);
  return { value, bits: 128 };
}

interface Net {
  value: bigint;
  bits: number;
  prefix: number;
}

/** Reads "10.0.0.0/8" or "fd00::/8"; undefined if it is not a network. */
function parseNet(text: string): Net | undefined {
  const match = /^(.+)\/(\d{1,3})$/.exec(text);
  const address = match ? addressBits(match[1] ?? "") : undefined;
  const prefix = Number(match?.[2]);
  return address && prefix <= address.bits ? { ...address, prefix } : undefined;
}

const holds = (net: Net, ip: { value: bigint; bits: number }): boolean => {
  const shift = BigInt(net.bits - net.prefix);
  return net.bits === ip.bits && net.value >> shift === ip.value >> shift;
};

/** True if the address lies in the network ("10.0.0.0/8"); false if either is malformed. */
export function ipInNet(ip: string, cidr: string): boolean {
  const [net, address] = [parseNet(cidr), addressBits(ip)];
  return net !== undefined && address !== undefined && holds(net, address);
}

/** The host of "host:port" or "[v6]:port", without port and brackets. */
export function hostOf(domain: string): string {
  const v6 = /^\[([^\]]+)\](?::\d+)?$/.exec(domain);
  return v6?.[1] ?? domain.replace(/:\d+$/, "");
}

/** Which registries may be spoken to by http or with unverified TLS: `--insecure-registry`, plus loopback. */
export class InsecureRegistries {
  private readonly nets: Net[] = [parseNet("127.0.0.0/8"), parseNet("::1/128")].filter(
    (n) => n !== undefined,
  );
  private readonly cidrs = ["::1/128", "127.0.0.0/8"];
  private readonly hosts = new Set<string>();

  /** Each is "host[:port]" or a network in CIDR form. Errors: invalidArgument. */
  constructor(entries: readonly string[] = []) {
    for (const entry of entries) this.add(entry);
  }

  private add(entry: string): void {
    const text = entry.replace(/^https?:\/\//, "").toLowerCase();
    const net = parseNet(text);
    if (net) {
      this.nets.push(net);
      this.cidrs.push(text);
    } else if (/^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:\d{1,5})?$/.test(text)) this.hosts.add(text);
    else
      throw invalidArgument(
        `insecure registry ${JSON.stringify(entry)} is not valid: want host, host:port or a network such as 10.0.0.0/8`,
      );
  }

  /** The networks and hosts, for `docker info`. */
  list(): { cidrs: string[]; hosts: string[] } {
    return { cidrs: [...this.cidrs], hosts: [...this.hosts] };
  }

  /** True for a domain as it stands in an image name. A name is looked up in DNS only if networks were configured. */
  async has(domain: string, lookup: (host: string) => Promise<string[]> = resolveHost): Promise<boolean> {
    const host = hostOf(domain.toLowerCase());
    if (host === "localhost" || this.hosts.has(domain.toLowerCase()) || this.hosts.has(host)) return true;
    if (isIP(host)) return this.inNets(host);
    // The two loopback networks are always there; a name that resolves to them is rare and costs a look-up each.
    if (this.nets.length <= 2) return false;
    const addresses = await lookup(host).catch(() => []);
    return addresses.some((address) => this.inNets(address));
  }

  private inNets(ip: string): boolean {
    const address = addressBits(ip);
    return address !== undefined && this.nets.some((net) => holds(net, address));
  }
}

async function resolveHost(host: string): Promise<string[]> {
  const { lookup } = await import("node:dns/promises");
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
