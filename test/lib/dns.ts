/** A small DNS server to forward to, and a client that asks from inside of a container's network. */
import { inNetns } from "../../src/linux/netns.ts";

const NXDOMAIN = 3;

/** Answers outside.example with 9.9.9.9, long.example only over TCP, and knows nothing else. */
function answerOf(query: Uint8Array, tcp: boolean): Uint8Array {
  const { name, end } = nameOf(query);
  const known = name === "outside.example" || (name === "long.example" && tcp);
  const truncated = name === "long.example" && !tcp;
  const question = query.subarray(12, end + 4);
  const header = Buffer.from([
    query[0]!,
    query[1]!,
    truncated ? 0x83 : 0x81,
    0x80,
    0,
    1,
    0,
    known ? 1 : 0,
    0,
    0,
    0,
    0,
  ]);
  if (!known && !truncated) header[3] = 0x80 | NXDOMAIN;
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 9, 9, 9, 9]);
  return Buffer.concat([header, question, ...(known ? [record] : [])]);
}

function nameOf(message: Uint8Array): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  while (message[at] !== 0) {
    labels.push(Buffer.from(message.subarray(at + 1, at + 1 + message[at]!)).toString());
    at += 1 + message[at]!;
  }
  return { name: labels.join("."), end: at + 1 };
}

const framed = (message: Uint8Array) =>
  Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);

/** Listens on port 53 of `address`, UDP and TCP. */
export async function startDnsServer(address: string): Promise<{ stop(): void }> {
  const udp = await Bun.udpSocket({
    hostname: address,
    port: 53,
    socket: { data: (socket, bytes, port, from) => void socket.send(answerOf(bytes, false), port, from) },
  });
  const tcp = Bun.listen({
    hostname: address,
    port: 53,
    socket: { data: (socket, bytes) => void socket.write(framed(answerOf(bytes.subarray(2), true))) },
  });
  return {
    stop() {
      udp.close();
      tcp.stop(true);
    },
  };
}

export interface DnsAnswer {
  /** 0 found, 2 failed, 3 no such name. */
  rcode: number;
  truncated: boolean;
  /** Four bytes each, as text. */
  addresses: string[];
}

const TYPE_AAAA = 28;

function readAnswer(message: Uint8Array): DnsAnswer {
  const view = Buffer.from(message);
  const count = view.readUInt16BE(6);
  const addresses: string[] = [];
  let at = nameOf(message).end + 4;
  for (let i = 0; i < count; i++) {
    const length = view.readUInt16BE(at + 10);
    const data = view.subarray(at + 12, at + 12 + length);
    addresses.push(length === 4 ? [...data].join(".") : data.toString("hex"));
    at += 12 + length;
  }
  return { rcode: message[3]! & 15, truncated: (message[2]! & 2) !== 0, addresses: addresses.sort() };
}

function queryOf(name: string, type: number): Uint8Array {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  return Buffer.concat([
    Buffer.from([18, 52, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...labels,
    Buffer.from([0, 0, type, 0, 1]),
  ]);
}

/** Asks 127.0.0.11 inside the network namespace of a process. */
export async function askInside(
  pid: number,
  name: string,
  { tcp = false, ipv6 = false }: { tcp?: boolean; ipv6?: boolean } = {},
): Promise<DnsAnswer> {
  const query = queryOf(name, ipv6 ? TYPE_AAAA : 1);
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const close = await inNetns(`/proc/${pid}/ns/net`, () => ({
    opened: tcp ? askTcp(query, resolve, reject) : askUdp(query, resolve),
  })).opened;
  try {
    return readAnswer(await promise);
  } finally {
    close();
  }
}

const SERVER = { hostname: "127.0.0.11", port: 53 };

async function askTcp(
  query: Uint8Array,
  resolve: (answer: Uint8Array) => void,
  reject: (error: Error) => void,
): Promise<() => void> {
  const socket = await Bun.connect({
    ...SERVER,
    socket: {
      open: (open) => void open.write(framed(query)),
      data: (_socket, bytes) => resolve(Uint8Array.from(bytes.subarray(2))),
      close: () => reject(new Error("closed")),
    },
  });
  return () => socket.end();
}

async function askUdp(query: Uint8Array, resolve: (answer: Uint8Array) => void): Promise<() => void> {
  const socket = await Bun.udpSocket({
    connect: SERVER,
    socket: { data: (_socket, bytes) => resolve(Uint8Array.from(bytes)) },
  });
  socket.send(query);
  return () => socket.close();
}
