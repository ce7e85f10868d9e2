/** The addresses of one subnet: who has which, and which one comes next. */
import { forbidden, invalidArgument } from "../../errors/errors.ts";
import { type Address, contains, formatAddress, lastOf, type Subnet } from "./ip.ts";

/** Addresses are given out from the lowest that is free, so that they are reused as soon as they are released. */
export class AddressSpace {
  readonly subnet: Subnet;
  readonly #range: Subnet;
  readonly #used = new Set<bigint>();

  /** Addresses given out unasked come from `range`, a part of the subnet. */
  constructor(subnet: Subnet, range: Subnet = subnet) {
    this.subnet = subnet;
    this.#range = range;
    if (subnet.family === 4 ? subnet.prefix < 31 : subnet.prefix < 127) this.#used.add(subnet.base);
    if (subnet.family === 4 && subnet.prefix < 31) this.#used.add(lastOf(subnet));
  }

  /** Errors: forbidden when the range is full. */
  next(): Address {
    const last = lastOf(this.#range);
    for (let value = this.#range.base; value <= last; value++) {
      if (this.#used.has(value)) continue;
      this.#used.add(value);
      return { family: this.subnet.family, value };
    }
    throw forbidden(`no available IPv${this.subnet.family} addresses on this network's address pools`);
  }

  /** Takes an address that was asked for. Errors: invalidArgument outside of the subnet, forbidden when in use. */
  take(address: Address): Address {
    if (!contains(this.subnet, address))
      throw invalidArgument(
        `Invalid address ${formatAddress(address)}: It does not belong to any of this network's subnets`,
      );
    if (this.#used.has(address.value)) throw forbidden("Address already in use");
    this.#used.add(address.value);
    return address;
  }

  /** Notes an address that is known to be in use already. */
  note({ value }: Address): void {
    this.#used.add(value);
  }

  release({ value }: Address): void {
    this.#used.delete(value);
  }
}
