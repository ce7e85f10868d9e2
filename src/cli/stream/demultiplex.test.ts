import { describe, expect, test } from "bun:test";
import { Demultiplexer } from "./demultiplex.ts";

function frame(type: number, text: string): Uint8Array {
  const data = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = type;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

async function split(input: Uint8Array, pieceSize: number): Promise<[string, string]> {
  const out: [string, string] = ["", ""];
  const demultiplexer = new Demultiplexer((fd, data) => {
    out[fd - 1] += Buffer.from(data).toString();
  });
  for (let at = 0; at < input.length; at += pieceSize)
    await demultiplexer.push(input.subarray(at, at + pieceSize));
  return out;
}

describe("Demultiplexer", () => {
  const input = Buffer.concat([
    frame(1, "out "),
    frame(2, "err"),
    frame(1, ""),
    frame(0, "in"),
    frame(1, "put"),
  ]);
  test("gives each stream its bytes, however the input is cut", async () => {
    for (const size of [1, 3, 8, 9, 1000]) expect(await split(input, size)).toEqual(["out input", "err"]);
  });
  test("refuses unknown types and passes the engine's own error on", async () => {
    expect(split(frame(9, "x"), 100)).rejects.toThrow("Unrecognized input header: 9");
    expect(split(frame(3, "broken"), 4)).rejects.toThrow("error from daemon in stream: broken");
  });
});
