/** Which host ports containers hold, so that a second one is refused in Docker's words. */
import { readFileSync } from "node:fs";
import { type EngineError, systemError } from "../../errors/errors.ts";

type Proto = "tcp" | "udp" | "sctp";

/** Docker answers a port in use with status 500, not 409; clients tell it by the text. */
const taken = (ip: string, port: number): EngineError =>
  systemError(`Bind for ${ip.includes(":") ? `[${ip}]` : ip}:${port} failed: port is already allocated`, {
    data: { allocated: true },
  });

export class PortAllocator {
  readonly #held = new Set<string>();
  #lastDynamic: number | undefined;

  /** Takes one port for all addresses. Errors: conflict "Bind for IP:PORT failed: port is already allocated". */
  take(proto: Proto, ips: readonly string[], port: number): void {
    for (const ip of ips) if (this.#isHeld(proto, ip, port)) throw taken(ip, port);
    for (const ip of ips) this.#held.add(key(proto, ip, port));
  }

  /** The ports that may be tried for "any": after the last given out, wrapping round. */
  *dynamic(proto: Proto, ips: readonly string[]): Generator<number> {
    const [first, last] = dynamicRange();
    const count = last - first + 1;
    const start = this.#lastDynamic === undefined ? 0 : this.#lastDynamic - first + 1;
    for (let i = 0; i < count; i++) {
      const port = first + ((start + i) % count);
      if (ips.some((ip) => this.#isHeld(proto, ip, port))) continue;
      this.#lastDynamic = port;
      yield port;
    }
    throw systemError("all ports are allocated");
  }

  isFree(proto: Proto, ips: readonly string[], port: number): boolean {
    return !ips.some((ip) => this.#isHeld(proto, ip, port));
  }

  release(proto: Proto, ip: string, port: number): void {
    this.#held.delete(key(proto, ip, port));
  }

  #isHeld(proto: Proto, ip: string, port: number): boolean {
    if (this.#held.has(key(proto, ip, port))) return true;
    const any = ip.includes(":") ? "::" : "0.0.0.0";
    if (ip !== any) return this.#held.has(key(proto, any, port));
    return false;
  }
}

const key = (proto: Proto, ip: string, port: number) => `${proto} ${ip} ${port}`;

/** The kernel's own range of ephemeral ports, as Docker takes it. */
function dynamicRange(): [number, number] {
  try {
    const text = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
    const [first, last] = text.trim().split(/\s+/).map(Number);
    if (first && last && first < last) return [first, last];
  } catch {
    // Not there in some sandboxes; then Docker's own default holds.
  }
  return [49153, 65535];
}
