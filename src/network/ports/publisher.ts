import { messageOf, systemError } from "../../errors/errors.ts";
import { closeFd } from "../../linux/fd.ts";
import type { PublishedPort } from "../records.ts";
import type { SandboxRequest } from "../types.ts";
import { PortAllocator } from "./allocator.ts";
import { type HostDefaults, type WantedPort, wantedPorts } from "./bindings.ts";
import { findProxy, type HeldPort, isProxy, type ProxyProgram, startProxies, stopProxies } from "./proxy.ts";
import { bindFailure, bindPort } from "./sockets.ts";

export interface PublisherOptions {
  userlandProxy: boolean;
  userlandProxyPath: string | undefined;
  defaults: HostDefaults;
}

/** The addresses that published ports lead to. */
export interface ContainerAddresses {
  address: string;
  address6?: string | undefined;
}

/** What an endpoint's ports became. */
export interface Publication {
  published: PublishedPort[];
  proxies: number[];
}

/** Takes host ports for containers and has them served: all of a container's or none. */
export class Publisher {
  readonly #allocator = new PortAllocator();
  readonly #options: PublisherOptions;
  readonly #proxy: ProxyProgram;
  /** Sockets that hold ports where no proxy does, by "proto ip port". */
  readonly #holding = new Map<string, number>();

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#proxy = findProxy(options.userlandProxyPath);
  }

  /**
   * `hostIP` is the address for bindings that name none, if not the engine's default. Errors: system, in Docker's
   * words, when a port is taken; then nothing stays behind.
   */
  async publish(
    request: SandboxRequest,
    container: ContainerAddresses,
    hostIP: string | undefined,
  ): Promise<Publication> {
    const held: HeldPort[] = [];
    const { defaults } = this.#options;
    try {
      for (const wanted of wantedPorts(request, { ...defaults, ip: hostIP ?? defaults.ip }))
        held.push(...this.#take(wanted, container));
      const proxies = this.#options.userlandProxy ? await this.#serve(held) : this.#hold(held);
      return { published: held.map(withoutSocket), proxies };
    } catch (error) {
      for (const port of held) this.#letGo(port);
      throw error;
    }
  }

  /** Takes up what a running container has published, and has it served again where its proxy is gone. */
  async adopt(publication: Publication): Promise<Publication> {
    const { published } = publication;
    for (const port of published) this.#allocator.take(port.proto, [port.hostIP], port.hostPort);
    const alive = publication.proxies.length > 0 && publication.proxies.every(isProxy);
    if (this.#options.userlandProxy && alive) return publication;
    await stopProxies(publication.proxies);
    const held = published.map((port) => ({ ...port, fd: this.#tryBind(port) }));
    const proxies = this.#options.userlandProxy ? await this.#serve(held) : this.#hold(held);
    return { published, proxies };
  }

  async release({ published, proxies }: Publication): Promise<void> {
    await stopProxies(proxies);
    for (const port of published) {
      this.#allocator.release(port.proto, port.hostIP, port.hostPort);
      this.#unhold(port);
    }
  }

  #take(wanted: WantedPort, container: ContainerAddresses): HeldPort[] {
    const { proto, hostIPs, range } = wanted;
    if (range && range[0] === range[1]) return this.#takeAt(wanted, range[0], container);
    const candidates = range ? between(range) : this.#allocator.dynamic(proto, hostIPs);
    let failure: unknown;
    for (const port of candidates) {
      try {
        return this.#takeAt(wanted, port, container);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  #takeAt(
    { proto, hostIPs, containerPort }: WantedPort,
    hostPort: number,
    container: ContainerAddresses,
  ): HeldPort[] {
    this.#allocator.take(proto, hostIPs, hostPort);
    const held: HeldPort[] = [];
    try {
      for (const hostIP of hostIPs) {
        // Where the container has no IPv6, the proxy passes connections on by IPv4.
        const containerIP = (hostIP.includes(":") ? container.address6 : undefined) ?? container.address;
        const port = { proto, hostIP, hostPort, containerIP, containerPort };
        held.push({ ...port, fd: this.#bind(port) });
      }
      return held;
    } catch (error) {
      for (const port of held) this.#letGo(port);
      for (const ip of hostIPs) this.#allocator.release(proto, ip, hostPort);
      throw error;
    }
  }

  #bind(port: PublishedPort): number {
    try {
      return bindPort(port);
    } catch (cause) {
      throw systemError(`Error starting userland proxy: ${bindFailure(port, cause)}`, { cause });
    }
  }

  #tryBind(port: PublishedPort): number | undefined {
    try {
      return bindPort(port);
    } catch {
      return undefined;
    }
  }

  /** Hands the sockets to a proxy. SCTP is left to the firewall; its socket only holds the port. */
  async #serve(held: HeldPort[]): Promise<number[]> {
    const served = held.filter((port) => port.proto !== "sctp");
    // A program that is not ours binds by itself.
    for (const port of served) if (!this.#proxy.own) this.#closeSocket(port);
    const proxies = await startProxies(this.#proxy, served);
    for (const port of served) this.#closeSocket(port);
    this.#hold(held.filter((port) => port.proto === "sctp"));
    return proxies;
  }

  #hold(held: HeldPort[]): number[] {
    for (const port of held) if (port.fd !== undefined) this.#holding.set(keyOf(port), port.fd);
    return [];
  }

  #unhold(port: PublishedPort): void {
    const fd = this.#holding.get(keyOf(port));
    if (fd === undefined) return;
    this.#holding.delete(keyOf(port));
    closeFd(fd);
  }

  #closeSocket(port: HeldPort): void {
    if (port.fd !== undefined) closeFd(port.fd);
    port.fd = undefined;
  }

  #letGo(port: HeldPort): void {
    this.#closeSocket(port);
    this.#allocator.release(port.proto, port.hostIP, port.hostPort);
  }
}

const keyOf = (port: PublishedPort) => `${port.proto} ${port.hostIP} ${port.hostPort}`;

const withoutSocket = ({ fd: _, ...port }: HeldPort): PublishedPort => port;

function* between([first, last]: [number, number]): Generator<number> {
  for (let port = first; port <= last; port++) yield port;
}

/** The text of any failure to publish, with the endpoint it concerns. */
export function publishFailure(endpoint: string, endpointID: string, cause: unknown): Error {
  const text = `driver failed programming external connectivity on endpoint ${endpoint} (${endpointID})`;
  return systemError(`${text}: ${messageOf(cause)}`, { cause });
}
