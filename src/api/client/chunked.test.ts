import { describe, expect, test } from "bun:test";
import { ChunkedDecoder } from "./chunked.ts";

const BODY = "4\r\nWiki\r\nB;ext=1\r\npedia in\r\nX\r\n0\r\nTrailer: x\r\n\r\n";

function decode(text: string, pieceSize: number): { data: string; decoder: ChunkedDecoder } {
  const decoder = new ChunkedDecoder();
  const bytes = Buffer.from(text);
  let data = "";
  for (let at = 0; at < bytes.length; at += pieceSize)
    data += Buffer.from(decoder.push(bytes.subarray(at, at + pieceSize))).toString();
  return { data, decoder };
}

describe("ChunkedDecoder", () => {
  test("decodes a body, however it is cut", () => {
    for (const size of [1, 2, 5, 1000]) {
      const { data, decoder } = decode(BODY, size);
      expect(data).toBe("Wikipedia in\r\nX");
      expect(decoder.done).toBe(true);
      expect(decoder.rest).toBeUndefined();
    }
  });
  test("leaves alone what follows the body", () => {
    const { decoder } = decode(`${BODY}HTTP/1.1 200 OK`, 1000);
    expect(Buffer.from(decoder.rest!).toString()).toBe("HTTP/1.1 200 OK");
  });
  test("is not done before the last line", () => {
    expect(decode(BODY.slice(0, -2), 1000).decoder.done).toBe(false);
  });
  test("refuses what is no size", () => {
    expect(() => decode("nonsense\r\n", 1000)).toThrow('malformed chunk of a response: "nonsense"');
  });
});
