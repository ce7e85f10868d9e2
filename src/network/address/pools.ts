/** Which subnets networks get when none is asked for. */
import { readFileSync } from "node:fs";
import { forbidden, invalidArgument } from "../../errors/errors.ts";
import { overlaps, parseSubnet, type Subnet } from "./ipv4.ts";

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

function* cut(spec: PoolSpec): Generator<Subnet> {
  const whole = parseSubnet(spec.base);
  if (spec.size < whole.prefix || spec.size > 32)
    throw invalidArgument(`invalid pool size /${spec.size} for default address pool ${spec.base}`);
  const step = 2 ** (32 - spec.size);
  for (let i = 0; i < 2 ** (spec.size - whole.prefix); i++)
    yield { base: whole.base + i * step, prefix: spec.size };
}

/** Gives out subnets from the default pools, going round so that one just freed is not at once used again. */
export class SubnetPools {
  readonly #subnets: Subnet[];
  #next = 0;

  constructor(specs: readonly PoolSpec[] = DEFAULT_POOLS) {
    this.#subnets = specs.flatMap((spec) => [...cut(spec)]);
  }

  /** The next subnet that overlaps none of those taken. Errors: forbidden, in stock's words. */
  take(taken: readonly Subnet[]): Subnet {
    const count = this.#subnets.length;
    for (let i = 0; i < count; i++) {
      const at = (this.#next + i) % count;
      const subnet = this.#subnets[at]!;
      if (taken.some((other) => overlaps(subnet, other))) continue;
      this.#next = (at + 1) % count;
      return subnet;
    }
    throw forbidden(
      "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
    );
  }
}

/** The subnets that this host has routes to, so that no network hides them (the default route left out). */
export function routedSubnets(): Subnet[] {
  const lines = readFileSync("/proc/thread-self/net/route", "utf8").trim().split("\n").slice(1);
  return lines.flatMap((line) => {
    const fields = line.split("\t");
    const [destination, mask] = [hostOrder(fields[1]), hostOrder(fields[7])];
    const prefix = mask.toString(2).replaceAll("0", "").length;
    return prefix === 0 ? [] : [{ base: destination, prefix }];
  });
}

const hostOrder = (hex = "0") => Buffer.from(hex.padStart(8, "0"), "hex").readUInt32LE(0);
