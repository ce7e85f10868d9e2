import { describe, expect, test } from "bun:test";
import { acceptance, encodeFrame, FrameReader } from "./websocket.ts";

/** A frame as a client sends it, masked. */
function masked(opcode: number, text: string): Buffer {
  const frame = encodeFrame(opcode, Buffer.from(text));
  const headLength = frame.length - Buffer.byteLength(text);
  const mask = Buffer.from([1, 2, 3, 4]);
  const data = Buffer.from(text).map((byte, i) => byte ^ mask[i & 3]!);
  const head = Buffer.from(frame.subarray(0, headLength));
  head[1]! |= 128;
  return Buffer.concat([head, mask, data]);
}

describe("websocket", () => {
  test("acceptance() answers RFC 6455's own example", () => {
    expect(acceptance("dGhlIHNhbXBsZSBub25jZQ==")).toContain("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    expect(() => acceptance("short")).toThrow("not a websocket request");
  });

  test.each([5, 200, 70_000])("FrameReader takes %d bytes in pieces of any size", (length) => {
    const reader = new FrameReader();
    const text = "x".repeat(length);
    const bytes = Buffer.concat([masked(1, text), masked(2, "next")]);
    const frames = [];
    const piece = Math.ceil(bytes.length / 7);
    for (let at = 0; at < bytes.length; at += piece)
      frames.push(...reader.push(bytes.subarray(at, at + piece)));
    expect(frames.map(({ opcode, data }) => [opcode, data.toString()])).toEqual([
      [1, text],
      [2, "next"],
    ]);
  });

  test("FrameReader refuses frames without a mask", () => {
    expect(() => [...new FrameReader().push(encodeFrame(1, Buffer.from("abcdef")))]).toThrow(
      "must be masked",
    );
  });
});
