/** Whatever the other side sends, in whatever pieces: nothing is thrown, and who ends has said why. */
import { expect, test } from "bun:test";
import { FLAG, TYPE } from "./frames.ts";
import type { Field } from "./hpack/table.ts";
import { frameBytes, RawPeer } from "./raw-peer.testing.ts";
import type { StreamEvents } from "./stream.ts";

const ROUNDS = 400;
const FRAMES = 60;
const FLAGS = [0, FLAG.END_STREAM, FLAG.END_HEADERS, FLAG.PADDED, FLAG.PRIORITY, 0x25, 0x2d, 0xff];
const REQUEST: Field[] = [
  [":method", "POST"],
  [":path", "/fuzz"],
];

/** Numbers below a limit, the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (state * 48_271) % 0x7fff_ffff;
    return Math.floor((state / 0x7fff_ffff) * below);
  };
}

type Pick = ReturnType<typeof random>;

const noise = (pick: Pick, longest: number) => Uint8Array.from({ length: pick(longest) }, () => pick(256));

/** What the other side has done so far: mostly it keeps to the rules, so that more than the first frame is looked at. */
interface Script {
  pick: Pick;
  peer: RawPeer;
  server: boolean;
  newest: number;
  /** Whether it breaks the rules now and then. */
  wild: boolean;
}

const USUAL = [
  TYPE.HEADERS,
  TYPE.DATA,
  TYPE.DATA,
  TYPE.WINDOW_UPDATE,
  TYPE.RST_STREAM,
  TYPE.PING,
  TYPE.SETTINGS,
];
const ON_CONNECTION: readonly number[] = [TYPE.SETTINGS, TYPE.PING, TYPE.GOAWAY];

function payloadOf({ pick, peer, wild }: Script, type: number): Uint8Array {
  if (wild && pick(30) === 0) return noise(pick, 40);
  if (type === TYPE.HEADERS)
    return peer.encoder.encode([...REQUEST, [`x-${pick(20)}`, "v".repeat(pick(300))]]);
  if (type === TYPE.DATA) return new Uint8Array(pick(5000));
  if (type === TYPE.SETTINGS) return Uint8Array.of(0, [1, 3, 4, 6, 9][pick(5)]!, 0, 0, pick(256), pick(256));
  if (type === TYPE.PING || type === TYPE.GOAWAY) return new Uint8Array(8);
  if (type === TYPE.PRIORITY) return new Uint8Array(5);
  return Uint8Array.of(0, 0, pick(256), 1 + pick(255));
}

function streamFor(script: Script, type: number): number {
  const { pick, server, wild } = script;
  if (wild && pick(30) === 0) return pick(40);
  if (ON_CONNECTION.includes(type) || (type === TYPE.WINDOW_UPDATE && pick(3) === 0)) return 0;
  if (type === TYPE.HEADERS && server && pick(3) > 0) {
    script.newest += 2;
    return script.newest;
  }
  return 1 + 2 * pick((script.newest + 1) / 2);
}

function frame(script: Script): Uint8Array {
  const { pick, wild } = script;
  const type = wild && pick(20) === 0 ? pick(12) : USUAL[pick(USUAL.length)]!;
  const streamId = streamFor(script, type);
  const ends = pick(3) === 0 ? FLAG.END_STREAM : 0;
  const usual = type === TYPE.HEADERS ? FLAG.END_HEADERS | ends : type === TYPE.DATA ? ends : 0;
  return frameBytes(
    type,
    wild && pick(30) === 0 ? FLAGS[pick(FLAGS.length)]! : usual,
    streamId,
    payloadOf(script, type),
  );
}

/** Uses each stream as it can be used, and counts what it is told after its end. */
function user(pick: Pick, late: { count: number }): { events: StreamEvents; use: (stream: Used) => void } {
  let over = false;
  let stream: Used | undefined;
  const told = () => {
    if (over) late.count++;
  };
  const events: StreamEvents = {
    fields: told,
    data(piece) {
      told();
      stream?.consumed(piece.length);
    },
    writable: told,
    aborted() {
      told();
      over = true;
    },
  };
  const use = (used: Used) => {
    stream = used;
    const action = pick(5);
    if (action === 0) used.reset();
    if (action > 0) used.sendFields([[":status", "200"]]);
    if (action > 1) used.send(new Uint8Array(pick(200_000)));
    if (action > 2) used.end(action === 3 ? [["x-end", "y"]] : undefined, { stop: pick(2) === 0 });
    if (action === 0) over = true;
  };
  return { events, use };
}

type Used = Parameters<NonNullable<ConstructorParameters<typeof RawPeer>[0]["accept"]>>[0];

async function play(
  seed: number,
  server: boolean,
): Promise<{ late: number; silent: boolean; escaped: unknown[] }> {
  const pick = random(seed);
  const late = { count: 0 };
  let closed = 0;
  const options = {
    closed: () => {
      closed++;
    },
  };
  const accept = (stream: Used) => {
    const { events, use } = user(pick, late);
    use(stream);
    return events;
  };
  const peer = new RawPeer(server ? { ...options, accept } : options);
  if (seed % 20 > 0) peer.send(TYPE.SETTINGS, 0, 0);
  if (!server)
    for (let opened = 0; opened < 6; opened++) {
      const { events, use } = user(pick, late);
      if (peer.connection.usable) use(peer.connection.open(REQUEST, events));
    }
  peer.room = pick(3) === 0 ? pick(20_000) : peer.room;
  const script = { pick, peer, server, newest: server ? 1 : 11, wild: seed % 2 === 0 };
  const first = server ? frameBytes(TYPE.HEADERS, FLAG.END_HEADERS, 1, peer.encoder.encode(REQUEST)) : [];
  const bytes = Buffer.concat([
    Uint8Array.from(first),
    ...Array.from({ length: FRAMES }, () => frame(script)),
  ]);
  const escaped: unknown[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + pick(pick(2) === 0 ? 20 : 5000);
    try {
      peer.connection.receive(bytes.subarray(at, at + size));
    } catch (error) {
      escaped.push(error);
    }
    at += size;
    if (pick(20) === 0) await peer.turn();
  }
  peer.room = Number.POSITIVE_INFINITY;
  peer.connection.drained();
  await peer.turn();
  const silent = peer.ended && closed !== 1;
  if (!script.wild && peer.goAwayCode !== undefined)
    escaped.push(Buffer.from(peer.ofType(TYPE.GOAWAY)[0]!.payload.subarray(8)).toString());
  peer.connection.ended();
  return { late: late.count, silent, escaped };
}

for (const server of [true, false])
  test(`a ${server ? "server" : "client"} bears anything`, async () => {
    for (let seed = 0; seed < ROUNDS; seed++)
      expect([seed, await play(seed, server)]).toEqual([seed, { late: 0, silent: false, escaped: [] }]);
  }, 60_000);
