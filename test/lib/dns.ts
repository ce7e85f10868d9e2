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

/** Listens on port 53 of `address`, UDP and TCP, in the network namespace at `netns` (this one if not told). */
export async function startDnsServer(
  address: string,
  { netns = "/proc/self/ns/net", rcode }: { netns?: string; rcode?: number } = {},
): Promise<{ stop(): void }> {
  const answer = (query: Uint8Array, tcp: boolean) => {
    const bytes = answerOf(query, tcp);
    if (rcode !== undefined) bytes[3] = 0x80 | rcode;
    return bytes;
  };
  const { opening, tcp } = inNetns(netns, () => ({
    opening: Bun.udpSocket({
      hostname: address,
      port: 53,
      socket: {
        data: (socket, bytes, port, from) => void socket.send(answer(bytes, false), port, from),
      },
    }),
    tcp: Bun.listen({
      hostname: address,
      port: 53,
      socket: { data: (socket, bytes) => void socket.write(framed(answer(bytes.subarray(2), true))) },
    }),
  }));
  const udp = await opening;
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

const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, ANY: 255 };
export type RecordType = keyof typeof TYPES;

/** The name at a place, pointers followed; `end` is where it ends in its own place. */
function fullName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  let end: number | undefined;
  while (message[at] !== 0) {
    const length = message[at]!;
    if (length >= 0xc0) {
      end ??= at + 2;
      at = message.readUInt16BE(at) & 0x3fff;
      continue;
    }
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), end: end ?? at + 1 };
}

interface DnsRecord {
  name: string;
  type: number;
  ttl: number;
  data: string;
}

/** Everything that an answer says, however it was written. */
export interface WholeAnswer {
  flags: string;
  question: string;
  records: DnsRecord[];
}

export function readWhole(bytes: Uint8Array): WholeAnswer {
  const message = Buffer.from(bytes);
  const count = [6, 8, 10].reduce((sum, at) => sum + message.readUInt16BE(at), 0);
  const question = fullName(message, 12);
  const records: DnsRecord[] = [];
  let at = question.end + 4;
  for (let i = 0; i < count; i++) {
    const { name, end } = fullName(message, at);
    const type = message.readUInt16BE(end);
    const start = end + 10;
    at = start + message.readUInt16BE(end + 8);
    const data =
      type === TYPES.PTR ? fullName(message, start).name : message.subarray(start, at).toString("hex");
    records.push({ name, type, ttl: message.readUInt32BE(end + 4), data });
  }
  return { flags: message.subarray(2, 12).toString("hex"), question: question.name, records };
}

function readAnswer(bytes: Uint8Array): DnsAnswer {
  const addresses = readWhole(bytes).records.map(({ type, data }) =>
    type === TYPES.A ? [...Buffer.from(data, "hex")].join(".") : data,
  );
  return { rcode: bytes[3]! & 15, truncated: (bytes[2]! & 2) !== 0, addresses: addresses.sort() };
}

function queryOf(name: string, type: number, edns = false): Uint8Array {
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]));
  return Buffer.concat([
    Buffer.from([18, 52, 1, 0, 0, 1, 0, 0, 0, 0, 0, edns ? 1 : 0]),
    ...labels,
    Buffer.from([0, 0, type, 0, 1]),
    // A client that takes 4096 bytes.
    Buffer.from(edns ? [0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0] : []),
  ]);
}

export interface Question {
  name: string;
  type?: RecordType;
  tcp?: boolean;
  edns?: boolean;
}

/** Asks 127.0.0.11 inside the network namespace of a process; the bytes of the answer. */
export async function exchangeInside(pid: number, question: Question): Promise<Uint8Array> {
  const { name, type = "A", tcp = false, edns = false } = question;
  const query = queryOf(name, TYPES[type], edns);
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const close = await inNetns(`/proc/${pid}/ns/net`, () => ({
    opened: tcp ? askTcp(query, resolve, reject) : askUdp(query, resolve),
  })).opened;
  try {
    return await promise;
  } finally {
    close();
  }
}

/** Asks for addresses. */
export async function askInside(
  pid: number,
  name: string,
  { tcp = false, ipv6 = false }: { tcp?: boolean; ipv6?: boolean } = {},
): Promise<DnsAnswer> {
  return readAnswer(await exchangeInside(pid, { name, tcp, type: ipv6 ? "AAAA" : "A" }));
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
