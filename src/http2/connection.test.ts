/** What RFC 9113 asks of a connection, and what it must not be talked into. */
import { describe, expect, test } from "bun:test";
import { CODE, ConnectionError, type StreamError } from "./errors.ts";
import { DEFAULT_WINDOW, FLAG, PREFACE, TYPE, windowUpdate } from "./frames.ts";
import type { Field } from "./hpack/table.ts";
import { frameBytes, RawPeer } from "./raw-peer.testing.ts";
import { encodeSettings } from "./settings.ts";
import type { Stream, StreamEvents } from "./stream.ts";

const { END_STREAM, END_HEADERS, ACK, PADDED, PRIORITY } = FLAG;
const REQUEST: Field[] = [
  [":method", "POST"],
  [":path", "/x"],
];

class Recorder implements StreamEvents {
  stream: Stream | undefined;
  readonly log: string[] = [];
  bytes = 0;
  errors: (StreamError | ConnectionError)[] = [];
  consume = true;
  fields(fields: readonly Field[], ended: boolean) {
    this.log.push(`fields ${fields.map((field) => field.join("=")).join(" ")}${ended ? " end" : ""}`);
  }
  data(piece: Uint8Array, ended: boolean) {
    this.bytes += piece.length;
    this.log.push(`data ${piece.length}${ended ? " end" : ""}`);
    if (this.consume) this.stream?.consumed(piece.length);
  }
  writable() {
    this.log.push("writable");
  }
  aborted(error: StreamError | ConnectionError) {
    this.errors.push(error);
  }
}

interface ServerSide {
  peer: RawPeer;
  accepted: Recorder[];
  closed: (Error | undefined)[];
}

async function server(): Promise<ServerSide> {
  const accepted: Recorder[] = [];
  const closed: (Error | undefined)[] = [];
  const peer = await RawPeer.settled({
    accept(stream, fields, ended) {
      const recorder = new Recorder();
      recorder.stream = stream;
      recorder.fields(fields, ended);
      accepted.push(recorder);
      return recorder;
    },
    closed: (error) => closed.push(error),
  });
  return { peer, accepted, closed };
}

const openStream = (peer: RawPeer, id = 1) => peer.headers(id, REQUEST, END_HEADERS);

describe("a server", () => {
  test("says its settings first, and acknowledges the client's", async () => {
    const peer = new RawPeer({ accept: () => new Recorder() });
    await peer.turn();
    expect(peer.frames.map(({ type }) => type)).toEqual([TYPE.SETTINGS, TYPE.WINDOW_UPDATE]);
    peer.send(TYPE.SETTINGS, 0, 0);
    await peer.turn();
    expect(peer.frames[2]).toMatchObject({ type: TYPE.SETTINGS, flags: ACK });
  });

  test("answers a ping with the same bytes", async () => {
    const { peer } = await server();
    peer.send(TYPE.PING, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]);
    await peer.turn();
    expect(peer.frames).toEqual([
      { type: TYPE.PING, flags: ACK, streamId: 0, payload: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
    ]);
  });

  test("reads padding, priorities and blocks in many frames, a byte at a time", async () => {
    const { peer, accepted } = await server();
    const block = peer.encoder.encode(REQUEST);
    const frames = [
      frameBytes(TYPE.HEADERS, PADDED | PRIORITY, 1, Uint8Array.of(2, 0, 0, 0, 0, 9, block[0]!, 0, 0)),
      frameBytes(TYPE.CONTINUATION, 0, 1, new Uint8Array(0)),
      frameBytes(TYPE.CONTINUATION, END_HEADERS, 1, block.subarray(1)),
      frameBytes(TYPE.PRIORITY, 0, 1, new Uint8Array(5)),
      frameBytes(0xaa, 0, 1, new Uint8Array(3)),
      frameBytes(TYPE.DATA, PADDED, 1, Uint8Array.of(3, 7, 7, 0, 0, 0)),
      frameBytes(TYPE.DATA, END_STREAM, 1, Uint8Array.of(7)),
    ];
    for (const byte of Buffer.concat(frames)) peer.connection.receive(Uint8Array.of(byte));
    expect(accepted[0]!.log).toEqual(["fields :method=POST :path=/x", "data 2", "data 1 end"]);
  });

  test("answers with fields, data and trailers, in one write", async () => {
    const { peer, accepted } = await server();
    peer.headers(1, REQUEST, END_HEADERS | END_STREAM);
    const { stream } = accepted[0]!;
    stream!.sendFields([[":status", "200"]]);
    stream!.send(Uint8Array.of(1, 2, 3));
    stream!.end([["grpc-status", "0"]]);
    await peer.turn();
    expect(peer.frames.map(({ type, flags }) => [type, flags])).toEqual([
      [TYPE.HEADERS, END_HEADERS],
      [TYPE.DATA, 0],
      [TYPE.HEADERS, END_HEADERS | END_STREAM],
    ]);
    expect(peer.decoder.decode(peer.frames[0]!.payload).fields).toEqual([[":status", "200"]]);
    expect(peer.connection.streamCount).toBe(0);
  });

  test("that has answered early asks for no more of the request", async () => {
    const { peer, accepted } = await server();
    openStream(peer);
    accepted[0]!.stream!.end([[":status", "200"]], { stop: true });
    await peer.turn();
    expect(peer.resets).toEqual([[1, CODE.NO_ERROR]]);
    // What was on its way is no fault.
    peer.send(TYPE.DATA, END_STREAM, 1, [1]);
    await peer.turn();
    expect(peer.goAwayCode).toBeUndefined();
  });

  test("closes in good order: streams under way are finished, new ones are not begun", async () => {
    const { peer, accepted, closed } = await server();
    openStream(peer);
    peer.connection.close();
    openStream(peer, 3);
    await peer.turn();
    expect(peer.ofType(TYPE.GOAWAY)[0]!.payload).toEqual(Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0));
    expect([accepted.length, peer.ended]).toEqual([1, false]);
    peer.send(TYPE.DATA, END_STREAM, 1);
    accepted[0]!.stream!.end();
    await peer.turn();
    expect([peer.ended, closed]).toEqual([true, [undefined]]);
  });

  test("tells its streams when the client leaves", async () => {
    const { peer, accepted, closed } = await server();
    openStream(peer);
    peer.connection.ended();
    expect(accepted[0]!.errors[0]).toBeInstanceOf(ConnectionError);
    expect(closed).toHaveLength(1);
  });
});

describe("faults of the other side end the connection", () => {
  const faults: Record<string, { code: number; fault: (peer: RawPeer) => void }> = {
    "DATA on stream 0": { code: CODE.PROTOCOL_ERROR, fault: (peer) => peer.send(TYPE.DATA, 0, 0) },
    "DATA on an idle stream": { code: CODE.PROTOCOL_ERROR, fault: (peer) => peer.send(TYPE.DATA, 0, 5) },
    "padding longer than its frame": {
      code: CODE.PROTOCOL_ERROR,
      fault: (peer) => peer.send(TYPE.DATA, PADDED, 1, [4, 0]),
    },
    "HEADERS with an even number": {
      code: CODE.PROTOCOL_ERROR,
      fault: (peer) => peer.headers(4, REQUEST, END_HEADERS),
    },
    "HEADERS too short for a priority": {
      code: CODE.FRAME_SIZE_ERROR,
      fault: (peer) => peer.send(TYPE.HEADERS, PRIORITY | END_HEADERS, 3, [0]),
    },
    "a block that cannot be decoded": {
      code: CODE.COMPRESSION_ERROR,
      fault: (peer) => peer.send(TYPE.HEADERS, END_HEADERS, 3, [0x80]),
    },
    "another frame within a block": {
      code: CODE.PROTOCOL_ERROR,
      fault(peer) {
        peer.send(TYPE.HEADERS, 0, 3);
        peer.send(TYPE.PING, 0, 0, new Uint8Array(8));
      },
    },
    "CONTINUATION without a block": {
      code: CODE.PROTOCOL_ERROR,
      fault: (peer) => peer.send(TYPE.CONTINUATION, END_HEADERS, 1),
    },
    "PRIORITY of a wrong length": {
      code: CODE.FRAME_SIZE_ERROR,
      fault: (peer) => peer.send(TYPE.PRIORITY, 0, 1, [0]),
    },
    "RST_STREAM on an idle stream": {
      code: CODE.PROTOCOL_ERROR,
      fault: (peer) => peer.send(TYPE.RST_STREAM, 0, 9, new Uint8Array(4)),
    },
    "SETTINGS on a stream": { code: CODE.PROTOCOL_ERROR, fault: (peer) => peer.send(TYPE.SETTINGS, 0, 1) },
    "SETTINGS of an odd length": {
      code: CODE.FRAME_SIZE_ERROR,
      fault: (peer) => peer.send(TYPE.SETTINGS, 0, 0, [0, 1]),
    },
    "an acknowledgement with settings": {
      code: CODE.FRAME_SIZE_ERROR,
      fault: (peer) => peer.send(TYPE.SETTINGS, ACK, 0, new Uint8Array(6)),
    },
    "a window beyond 2^31": {
      code: CODE.FLOW_CONTROL_ERROR,
      fault: (peer) => peer.send(TYPE.SETTINGS, 0, 0, encodeSettings({ window: 2 ** 31 })),
    },
    "frames shorter than 16 KiB": {
      code: CODE.PROTOCOL_ERROR,
      fault: (peer) => peer.send(TYPE.SETTINGS, 0, 0, encodeSettings({ maxFrameSize: 100 })),
    },
    PUSH_PROMISE: { code: CODE.PROTOCOL_ERROR, fault: (peer) => peer.send(TYPE.PUSH_PROMISE, 4, 1) },
    "PING of a wrong length": { code: CODE.FRAME_SIZE_ERROR, fault: (peer) => peer.send(TYPE.PING, 0, 0) },
    "PING on a stream": {
      code: CODE.PROTOCOL_ERROR,
      fault: (peer) => peer.send(TYPE.PING, 0, 1, new Uint8Array(8)),
    },
    "GOAWAY that is too short": {
      code: CODE.FRAME_SIZE_ERROR,
      fault: (peer) => peer.send(TYPE.GOAWAY, 0, 0),
    },
    "WINDOW_UPDATE of nothing": {
      code: CODE.PROTOCOL_ERROR,
      fault: (peer) => peer.send(TYPE.WINDOW_UPDATE, 0, 0, windowUpdate(0)),
    },
    "the connection's window beyond 2^31": {
      code: CODE.FLOW_CONTROL_ERROR,
      fault: (peer) => peer.send(TYPE.WINDOW_UPDATE, 0, 0, windowUpdate(2 ** 31 - 1)),
    },
    "a frame longer than allowed": {
      code: CODE.FRAME_SIZE_ERROR,
      fault: (peer) => peer.send(TYPE.DATA, 0, 1, new Uint8Array((64 << 10) + 1)),
    },
  };
  for (const [name, { code, fault }] of Object.entries(faults))
    test(name, async () => {
      const { peer, accepted, closed } = await server();
      openStream(peer);
      fault(peer);
      await peer.turn();
      expect(peer.goAwayCode).toBe(code);
      expect([peer.ended, closed.length, accepted[0]!.errors.length]).toEqual([true, 1, 1]);
    });

  test("something that is not HTTP/2", async () => {
    const peer = new RawPeer({ accept: () => new Recorder() });
    const other = new RawPeer({ accept: () => new Recorder() });
    peer.connection.receive(Buffer.from(PREFACE));
    expect(peer.goAwayCode).toBe(CODE.FRAME_SIZE_ERROR);
    other.send(TYPE.PING, 0, 0, new Uint8Array(8));
    expect(other.goAwayCode).toBe(CODE.PROTOCOL_ERROR);
  });
});

describe("faults on one stream reset that one", () => {
  const faults: Record<string, { code: number; fault: (peer: RawPeer) => void }> = {
    "WINDOW_UPDATE of nothing": {
      code: CODE.PROTOCOL_ERROR,
      fault: (peer) => peer.send(TYPE.WINDOW_UPDATE, 0, 1, windowUpdate(0)),
    },
    "a window beyond 2^31": {
      code: CODE.FLOW_CONTROL_ERROR,
      fault: (peer) => peer.send(TYPE.WINDOW_UPDATE, 0, 1, windowUpdate(2 ** 31 - 1)),
    },
    "trailers that do not end": {
      code: CODE.PROTOCOL_ERROR,
      fault: (peer) => peer.headers(1, [["x", "y"]], END_HEADERS),
    },
    "a list of fields that is too large": {
      code: CODE.ENHANCE_YOUR_CALM,
      fault(peer) {
        const fields = Array.from({ length: 20 }, (): Field => ["x", "y".repeat(4000)]);
        peer.headers(1, fields, END_HEADERS | END_STREAM);
      },
    },
    "more data than its window": {
      code: CODE.FLOW_CONTROL_ERROR,
      fault(peer) {
        for (let sent = 0; sent <= 1 << 20; sent += 32 << 10)
          peer.send(TYPE.DATA, 0, 1, new Uint8Array(32 << 10));
      },
    },
  };
  for (const [name, { code, fault }] of Object.entries(faults))
    test(name, async () => {
      const { peer, accepted } = await server();
      openStream(peer);
      accepted[0]!.consume = false;
      fault(peer);
      await peer.turn();
      expect(peer.resets).toEqual([[1, code]]);
      expect([peer.goAwayCode, accepted[0]!.errors.length]).toEqual([undefined, 1]);
      openStream(peer, 3);
      expect(accepted).toHaveLength(2);
    });
});

describe("floods", () => {
  const floods: Record<string, (peer: RawPeer, round: number) => void> = {
    "of pings": (peer) => peer.send(TYPE.PING, 0, 0, new Uint8Array(8)),
    "of settings": (peer) => peer.send(TYPE.SETTINGS, 0, 0),
    "of empty data": (peer) => peer.send(TYPE.DATA, 0, 1),
    "of priorities": (peer) => peer.send(TYPE.PRIORITY, 0, 1, new Uint8Array(5)),
    "of requests that are reset at once": (peer, round) => {
      openStream(peer, 3 + round * 2);
      peer.send(TYPE.RST_STREAM, 0, 3 + round * 2, [0, 0, 0, CODE.CANCEL]);
    },
  };
  for (const [name, flood] of Object.entries(floods))
    test(`${name} end the connection`, async () => {
      const { peer } = await server();
      openStream(peer);
      for (let round = 0; round < 10_000 && !peer.ended; round++) flood(peer, round);
      expect(peer.goAwayCode).toBe(CODE.ENHANCE_YOUR_CALM);
    });

  test("of CONTINUATIONs, empty or not, end the connection", async () => {
    for (const size of [0, 16_000]) {
      const { peer } = await server();
      peer.send(TYPE.HEADERS, 0, 1);
      for (let round = 0; round < 100 && !peer.ended; round++)
        peer.send(TYPE.CONTINUATION, 0, 1, new Uint8Array(size));
      expect(peer.goAwayCode).toBe(CODE.ENHANCE_YOUR_CALM);
    }
  });

  test("pings amid useful data do not count", async () => {
    const { peer, accepted } = await server();
    openStream(peer);
    for (let round = 0; round < 5000; round++) {
      peer.send(TYPE.DATA, 0, 1, [1]);
      peer.send(TYPE.PING, 0, 0, new Uint8Array(8));
    }
    expect([peer.goAwayCode, accepted[0]!.bytes]).toEqual([undefined, 5000]);
  });

  test("of pings by one who does not read end the connection", async () => {
    const { peer } = await server();
    openStream(peer);
    peer.room = 0;
    for (let round = 0; round < 500_000 && !peer.ended; round++) {
      peer.send(TYPE.DATA, 0, 1, [1]);
      peer.send(TYPE.PING, 0, 0, new Uint8Array(8));
    }
    expect(peer.ended).toBe(true);
  });
});

describe("flow control", () => {
  test("sends no more than both windows allow, and goes on when they grow", async () => {
    const { peer, accepted } = await server();
    openStream(peer);
    const { stream, log } = accepted[0]!;
    stream!.sendFields([[":status", "200"]]);
    expect(stream!.send(new Uint8Array(300_000))).toBe(false);
    stream!.end([["grpc-status", "0"]]);
    await peer.turn();
    expect(peer.dataOn(1)).toBe(DEFAULT_WINDOW);
    // The stream's own does not help as long as the connection's is used up, and the other way round.
    peer.send(TYPE.WINDOW_UPDATE, 0, 1, windowUpdate(200_000));
    await peer.turn();
    expect(peer.dataOn(1)).toBe(DEFAULT_WINDOW);
    peer.send(TYPE.WINDOW_UPDATE, 0, 0, windowUpdate(1_000_000));
    await peer.turn();
    expect([peer.dataOn(1), log.at(-1)]).toEqual([DEFAULT_WINDOW + 200_000, "writable"]);
    peer.send(TYPE.SETTINGS, 0, 0, encodeSettings({ window: DEFAULT_WINDOW + 100_000 }));
    await peer.turn();
    expect([peer.dataOn(1), peer.ofType(TYPE.HEADERS).length]).toEqual([300_000, 2]);
  });

  test("a window that settings make negative must be filled up first", async () => {
    const { peer, accepted } = await server();
    openStream(peer);
    accepted[0]!.stream!.send(new Uint8Array(100_000));
    await peer.turn();
    peer.send(TYPE.SETTINGS, 0, 0, encodeSettings({ window: 0 }));
    peer.send(TYPE.WINDOW_UPDATE, 0, 0, windowUpdate(1_000_000));
    peer.send(TYPE.WINDOW_UPDATE, 0, 1, windowUpdate(DEFAULT_WINDOW));
    await peer.turn();
    expect(peer.dataOn(1)).toBe(DEFAULT_WINDOW);
    peer.send(TYPE.WINDOW_UPDATE, 0, 1, windowUpdate(10));
    await peer.turn();
    expect(peer.dataOn(1)).toBe(DEFAULT_WINDOW + 10);
  });

  test("streams take turns", async () => {
    const { peer, accepted } = await server();
    for (const id of [1, 3, 5]) {
      openStream(peer, id);
      accepted.at(-1)!.stream!.send(new Uint8Array(100_000));
    }
    await peer.turn();
    const sent = [1, 3, 5].map((id) => peer.dataOn(id));
    expect(sent.reduce((sum, bytes) => sum + bytes)).toBe(DEFAULT_WINDOW);
    expect(Math.min(...sent)).toBeGreaterThan(16_000);
  });

  test("a sink that is full gets more when it has drained, and no byte is lost", async () => {
    const { peer, accepted } = await server();
    openStream(peer);
    peer.send(TYPE.WINDOW_UPDATE, 0, 0, windowUpdate(10_000_000));
    peer.send(TYPE.WINDOW_UPDATE, 0, 1, windowUpdate(10_000_000));
    peer.room = 1000;
    accepted[0]!.stream!.send(new Uint8Array(1_000_000));
    await peer.turn();
    for (let round = 0; peer.dataOn(1) < 1_000_000 && round < 1000; round++) {
      peer.room = 12_345;
      peer.connection.drained();
    }
    expect(peer.dataOn(1)).toBe(1_000_000);
  });

  test("room is given back for what was consumed only", async () => {
    const { peer, accepted } = await server();
    openStream(peer);
    const recorder = accepted[0]!;
    recorder.consume = false;
    for (let sent = 0; sent < 1 << 20; sent += 64 << 10) peer.send(TYPE.DATA, 0, 1, new Uint8Array(64 << 10));
    await peer.turn();
    const updates = () => peer.ofType(TYPE.WINDOW_UPDATE).filter(({ streamId }) => streamId === 1);
    expect([recorder.bytes, updates().length]).toEqual([1 << 20, 0]);
    recorder.stream!.consumed(1 << 20);
    await peer.turn();
    expect(updates().map(({ payload }) => [...payload])).toEqual([[0, 16, 0, 0]]);
  });
});

describe("a client", () => {
  const client = () => RawPeer.settled({});

  test("opens streams with odd numbers, as many at once as the server allows", async () => {
    const peer = await client();
    peer.send(TYPE.SETTINGS, 0, 0, encodeSettings({ maxStreams: 1 }));
    const [one, two] = [new Recorder(), new Recorder()];
    for (const recorder of [one, two]) {
      recorder.stream = peer.connection.open(REQUEST, recorder);
      recorder.stream.send(Uint8Array.of(1));
      recorder.stream.end();
    }
    await peer.turn();
    expect(peer.ofType(TYPE.HEADERS).map(({ streamId }) => streamId)).toEqual([1]);
    peer.headers(1, [[":status", "200"]], END_HEADERS | END_STREAM);
    await peer.turn();
    expect(peer.ofType(TYPE.HEADERS).map(({ streamId }) => streamId)).toEqual([1, 3]);
    expect([one.log, peer.dataOn(3)]).toEqual([["fields :status=200 end"], 1]);
  });

  test("learns from GOAWAY which requests were not looked at, and opens no more", async () => {
    const peer = await client();
    const [one, two] = [new Recorder(), new Recorder()];
    for (const recorder of [one, two]) peer.connection.open(REQUEST, recorder);
    peer.send(TYPE.GOAWAY, 0, 0, [0, 0, 0, 1, 0, 0, 0, 0]);
    expect(one.errors).toEqual([]);
    expect((two.errors[0] as StreamError).unprocessed).toBe(true);
    expect(() => peer.connection.open(REQUEST, one)).toThrow("closing");
    peer.headers(1, [[":status", "200"]], END_HEADERS | END_STREAM);
    expect(one.log).toEqual(["fields :status=200 end"]);
  });

  test("ends a stream at a reset, which it hears of with the code", async () => {
    const peer = await client();
    const one = new Recorder();
    peer.connection.open(REQUEST, one);
    peer.send(TYPE.RST_STREAM, 0, 1, [0, 0, 0, CODE.REFUSED_STREAM]);
    expect(one.errors[0]).toMatchObject({ code: CODE.REFUSED_STREAM, unprocessed: true });
    expect(peer.connection.streamCount).toBe(0);
  });

  test("keeps both tables of fields the same over streams that it has reset", async () => {
    const peer = await client();
    const [one, two] = [new Recorder(), new Recorder()];
    const stream = peer.connection.open(REQUEST, one);
    peer.connection.open(REQUEST, two);
    stream.reset();
    peer.headers(1, [["x-first", "a"]], END_HEADERS | END_STREAM);
    peer.headers(3, [["x-first", "a"]], END_HEADERS | END_STREAM);
    expect([one.log, two.log]).toEqual([[], ["fields x-first=a end"]]);
  });

  test("refuses what only a server may get", async () => {
    const peer = await client();
    peer.headers(2, REQUEST, END_HEADERS);
    expect(peer.goAwayCode).toBe(CODE.PROTOCOL_ERROR);
  });
});
