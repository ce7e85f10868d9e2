/** The addresses of one subnet: who has which, and which one comes next. */
import { forbidden, invalidArgument } from "../../errors/errors.ts";
import { contains, formatIPv4, lastOf, type Subnet } from "./ipv4.ts";

/** Addresses are given out from the lowest that is free, so that they are reused as soon as they are released. */
export class AddressSpace {
  readonly subnet: Subnet;
  readonly #range: Subnet;
  readonly #used = new Set<number>();

  /** Addresses given out unasked come from `range`, a part of the subnet. */
  constructor(subnet: Subnet, range: Subnet = subnet) {
    this.subnet = subnet;
    this.#range = range;
    if (subnet.prefix < 31) {
      this.#used.add(subnet.base);
      this.#used.add(lastOf(subnet));
    }
  }

  /** Errors: forbidden when the range is full. */
  next(): number {
    const last = lastOf(this.#range);
    for (let address = this.#range.base; address <= last; address++) {
      if (this.#used.has(address)) continue;
      this.#used.add(address);
      return address;
    }
    throw forbidden("no available IPv4 addresses on this network's address pools");
  }

  /** Takes an address that was asked for. Errors: invalidArgument outside of the subnet, forbidden when in use. */
  take(address: number): number {
    if (!contains(this.subnet, address))
      throw invalidArgument(
        `Invalid address ${formatIPv4(address)}: It does not belong to any of this network's subnets`,
      );
    if (this.#used.has(address)) throw forbidden("Address already in use");
    this.#used.add(address);
    return address;
  }

  /** Notes an address that is known to be in use already. */
  note(address: number): void {
    this.#used.add(address);
  }

  release(address: number): void {
    this.#used.delete(address);
  }
}
