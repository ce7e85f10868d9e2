/** Which subnets networks get when none is asked for. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { forbidden, invalidArgument } from "../../errors/errors.ts";
import { BITS, type Family, overlaps, parseSubnet, type Subnet } from "./ip.ts";

/** The subnet of unique local addresses (RFC 4193) that an engine cuts its IPv6 networks from; of its own by its id. */
export function localPool(engineID: string): PoolSpec {
  const [a, b, c, d, e] = createHash("sha256").update(engineID).digest();
  const hex = (...bytes: (number | undefined)[]) =>
    bytes.map((byte) => (byte ?? 0).toString(16).padStart(2, "0")).join("");
  return { base: `${hex(0xfd, a)}:${hex(b, c)}:${hex(d, e)}::/48`, size: 64 };
}

export interface PoolSpec {
  /** "172.80.0.0/12" */
  base: string;
  /** Prefix length of each subnet cut from it. */
  size: number;
}

/** What Docker uses: 172.17 to 172.31 as /16, then 192.168 as /20. */
const DEFAULT_POOLS: readonly PoolSpec[] = [
  { base: "172.17.0.0/16", size: 16 },
  { base: "172.18.0.0/16", size: 16 },
  { base: "172.19.0.0/16", size: 16 },
  { base: "172.20.0.0/14", size: 16 },
  { base: "172.24.0.0/14", size: 16 },
  { base: "172.28.0.0/14", size: 16 },
  { base: "192.168.0.0/16", size: 20 },
];

/** A pool may hold more subnets than anybody could use (a /8 of IPv6): this many are looked at. */
const MOST = 4096;

function* cut(spec: PoolSpec): Generator<Subnet> {
  const whole = parseSubnet(spec.base);
  if (spec.size < whole.prefix || spec.size > BITS[whole.family])
    throw invalidArgument(`invalid pool size /${spec.size} for default address pool ${spec.base}`);
  const step = 1n << BigInt(BITS[whole.family] - spec.size);
  const count = Math.min(2 ** (spec.size - whole.prefix), MOST);
  for (let i = 0; i < count; i++)
    yield { family: whole.family, base: whole.base + BigInt(i) * step, prefix: spec.size };
}

/** Gives out subnets from the default pools, going round so that one just freed is not at once used again. */
export class SubnetPools {
  readonly #subnets: Subnet[];
  readonly #next: Record<Family, number> = { 4: 0, 6: 0 };

  /** `local` is for IPv6 where the others have none. */
  constructor(specs: readonly PoolSpec[] = DEFAULT_POOLS, local?: PoolSpec) {
    const chosen = specs.length > 0 ? specs : DEFAULT_POOLS;
    this.#subnets = chosen.flatMap((spec) => [...cut(spec)]);
    if (local && !this.#subnets.some(({ family }) => family === 6)) this.#subnets.push(...cut(local));
  }

  /** The next subnet that overlaps none of those taken. Errors: forbidden, in stock's words. */
  take(family: Family, taken: readonly Subnet[]): Subnet {
    const subnets = this.#subnets.filter((subnet) => subnet.family === family);
    for (let i = 0; i < subnets.length; i++) {
      const at = (this.#next[family] + i) % subnets.length;
      const subnet = subnets[at]!;
      if (taken.some((other) => overlaps(subnet, other))) continue;
      this.#next[family] = (at + 1) % subnets.length;
      return subnet;
    }
    throw forbidden(
      `could not find an available, non-overlapping IPv${family} address pool among the defaults to assign to the network`,
    );
  }
}

/** The IPv4 subnets that this host has routes to, so that no network hides them (the default route left out). */
export function routedSubnets(): Subnet[] {
  const lines = readFileSync("/proc/thread-self/net/route", "utf8").trim().split("\n").slice(1);
  return lines.flatMap((line) => {
    const fields = line.split("\t");
    const [destination, mask] = [hostOrder(fields[1]), hostOrder(fields[7])];
    const prefix = mask.toString(2).replaceAll("0", "").length;
    return prefix === 0 ? [] : [{ family: 4 as const, base: BigInt(destination), prefix }];
  });
}

const hostOrder = (hex = "0") => Buffer.from(hex.padStart(8, "0"), "hex").readUInt32LE(0);
