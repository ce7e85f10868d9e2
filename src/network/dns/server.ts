import { inNetns } from "../../linux/netns.ts";
import type { SandboxRecord } from "../records.ts";
import { EMBEDDED_DNS } from "../sandbox/resolv-conf.ts";
import { Forwarder, FrameReader, frame, type Upstream } from "./forward.ts";
import {
  addressAnswer,
  encodeAnswer,
  nameAnswer,
  parseQuery,
  type Query,
  RCODE,
  reverseAddress,
  TYPE,
} from "./message.ts";
import { resolveAddress, resolveName } from "./names.ts";

/** Ports on 127.0.0.11 that the server really listens at; the sandbox's firewall leads port 53 there. */
export interface DnsPorts {
  udp: number;
  tcp: number;
}

type TcpState = { frames: FrameReader };
/** What the server does with names that are no container's. */
export interface Forwarding {
  upstreams: readonly Upstream[];
  /** The user has set ndots above 0: names without a dot are tried with the search domains, and never asked outside. */
  dotted: boolean;
}

type UdpSocket = Bun.udp.Socket<"buffer">;

/** The DNS server of one sandbox: names on its user-defined networks, everything else from the upstream servers. */
export class DnsServer {
  readonly #record: SandboxRecord;
  readonly #all: () => Iterable<SandboxRecord>;
  readonly #forwarder: Forwarder;
  readonly #dotted: boolean;
  #udp: UdpSocket | undefined;
  #tcp: Bun.TCPSocketListener<TcpState> | undefined;

  constructor(record: SandboxRecord, all: () => Iterable<SandboxRecord>, forwarding: Forwarding) {
    this.#record = record;
    this.#all = all;
    this.#forwarder = new Forwarder(record.netnsPath!, forwarding.upstreams);
    this.#dotted = forwarding.dotted;
  }

  /** Listens inside the sandbox, at the ports of an earlier life if they are free. */
  async listen(wanted: DnsPorts = { udp: 0, tcp: 0 }): Promise<DnsPorts> {
    const { opening, tcp } = inNetns(this.#record.netnsPath!, () => ({
      opening: this.#openUdp(wanted.udp),
      tcp: this.#openTcp(wanted.tcp),
    }));
    this.#tcp = tcp;
    this.#udp = await opening;
    return { udp: this.#udp.port, tcp: tcp.port };
  }

  close(): void {
    this.#udp?.close();
    this.#tcp?.stop(true);
  }

  #openUdp(port: number): Promise<UdpSocket> {
    return Bun.udpSocket({
      hostname: EMBEDDED_DNS,
      port,
      socket: {
        data: (socket, bytes, clientPort, address) => {
          const query = Uint8Array.from(bytes);
          this.#answer(query, "udp")
            .then((answer) => answer && socket.send(answer, clientPort, address))
            // The sandbox has gone meanwhile.
            .catch(() => {});
        },
        error() {},
      },
    });
  }

  #openTcp(port: number): Bun.TCPSocketListener<TcpState> {
    return Bun.listen<TcpState>({
      hostname: EMBEDDED_DNS,
      port,
      socket: {
        open: (socket) => {
          const reply = (message: Uint8Array) =>
            this.#answer(message, "tcp")
              .then((answer) => answer && socket.write(frame(answer)))
              .catch(() => socket.end());
          socket.data = { frames: new FrameReader((message) => void reply(message)) };
          socket.timeout(10);
        },
        data: (socket, bytes) => socket.data.frames.push(bytes),
        timeout: (socket) => void socket.end(),
        error() {},
      },
    });
  }

  async #answer(message: Uint8Array, transport: "udp" | "tcp"): Promise<Uint8Array | undefined> {
    const query = parseQuery(message);
    if (!query) return undefined;
    const limit = transport === "udp" ? query.udpSize : undefined;
    const own = this.#ownAnswers(query);
    if (own) return encodeAnswer(query, own, RCODE.OK, limit);
    if (this.#dotted && isAddressType(query.type) && !query.name.includes("."))
      return encodeAnswer(query, [], RCODE.OK);
    return (await this.#forward(message, transport)) ?? encodeAnswer(query, [], RCODE.FAILURE);
  }

  /** A sandbox on internal networks alone gets nothing out, names neither: they could carry data (CVE-2024-29018). */
  #forward(message: Uint8Array, transport: "udp" | "tcp"): Promise<Uint8Array | undefined> | undefined {
    return this.#record.gatewayEndpoint === undefined ? undefined : this.#forwarder.ask(message, transport);
  }

  /** Undefined for what is not about a container; an empty list says that there is nothing of that type. */
  #ownAnswers({ name, type }: Query) {
    const all = this.#all();
    if (type === TYPE.PTR) {
      const address = reverseAddress(name);
      const found = address && resolveAddress(this.#record, all, address);
      return found ? [nameAnswer(found)] : undefined;
    }
    if (!isAddressType(type) && type !== TYPE.MX) return undefined;
    const found = resolveName(this.#record, all, name, type === TYPE.AAAA ? 6 : 4);
    if (!found) return undefined;
    return type === TYPE.MX ? [] : shuffled(found).map(addressAnswer);
  }
}

const isAddressType = (type: number) => type === TYPE.A || type === TYPE.AAAA;

/** So that containers with one alias share the load. */
function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}
