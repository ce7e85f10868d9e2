/** Against the examples of RFC 7541, appendix C. */
import { describe, expect, test } from "bun:test";
import { HpackDecoder } from "./decoder.ts";
import { HpackEncoder } from "./encoder.ts";
import { decodeHuffman } from "./huffman.ts";
import { BlockReader, writeInteger } from "./integer.ts";
import type { Field } from "./table.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
const LIMIT = 64 << 10;

test("integers are as in appendix C.1", () => {
  const cases = [
    { prefix: 5, value: 10, bytes: [0x0a] },
    { prefix: 5, value: 1337, bytes: [0x1f, 0x9a, 0x0a] },
    { prefix: 8, value: 42, bytes: [0x2a] },
  ];
  for (const { prefix, value, bytes } of cases) {
    const out: number[] = [];
    writeInteger(out, 0, prefix, value);
    expect(out).toEqual(bytes);
    expect(new BlockReader(Uint8Array.from(bytes)).integer(prefix)).toBe(value);
  }
});

test("an integer that goes on and on is refused", () => {
  expect(() => new BlockReader(hex("1fffffffffffffff")).integer(5)).toThrow("longer than 5 bytes");
  expect(() => new BlockReader(hex("1fff")).integer(5)).toThrow("ends within an integer");
});

test("integers of every length come back", () => {
  for (const prefix of [4, 5, 6, 7])
    for (let value = 0; value < 2 ** 31; value = value * 3 + 1) {
      const out: number[] = [];
      writeInteger(out, 0, prefix, value);
      expect(new BlockReader(Uint8Array.from(out)).integer(prefix)).toBe(value);
    }
});

interface Step {
  block: string;
  fields: Field[];
  size: number;
}

const get = (...more: Field[]): Field[] => [[":method", "GET"], ...more];
const HOST: Field = [":authority", "www.example.com"];
const PLAIN: Field[] = get([":scheme", "http"], [":path", "/"], HOST);
const NO_CACHE: Field[] = [...PLAIN, ["cache-control", "no-cache"]];
const CUSTOM: Field[] = get([":scheme", "https"], [":path", "/index.html"], HOST, [
  "custom-key",
  "custom-value",
]);
const DATES = ["Mon, 21 Oct 2013 20:13:21 GMT", "Mon, 21 Oct 2013 20:13:22 GMT"];
const response = (status: string, date: string, ...more: Field[]): Field[] => [
  [":status", status],
  ["cache-control", "private"],
  ["date", date],
  ["location", "https://www.example.com"],
  ...more,
];
const COOKIE: Field[] = [
  ["content-encoding", "gzip"],
  ["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"],
];

const CASES: Record<string, { table: number; steps: Step[] }> = {
  "C.3, requests without Huffman": {
    table: 4096,
    steps: [
      { block: "828684410f7777772e6578616d706c652e636f6d", fields: PLAIN, size: 57 },
      { block: "828684be58086e6f2d6361636865", fields: NO_CACHE, size: 110 },
      {
        block: "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
        ...{ fields: CUSTOM, size: 164 },
      },
    ],
  },
  "C.4, requests with Huffman": {
    table: 4096,
    steps: [
      { block: "828684418cf1e3c2e5f23a6ba0ab90f4ff", fields: PLAIN, size: 57 },
      { block: "828684be5886a8eb10649cbf", fields: NO_CACHE, size: 110 },
      { block: "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", fields: CUSTOM, size: 164 },
    ],
  },
  "C.5, responses without Huffman": {
    table: 256,
    steps: [
      {
        block: `4803333032580770726976617465611d${Buffer.from(DATES[0]!).toString("hex")}6e17${Buffer.from("https://www.example.com").toString("hex")}`,
        ...{ fields: response("302", DATES[0]!), size: 222 },
      },
      { block: "4803333037c1c0bf", fields: response("307", DATES[0]!), size: 222 },
      {
        block: `88c1611d${Buffer.from(DATES[1]!).toString("hex")}c05a04677a69707738${Buffer.from(COOKIE[1]![1]).toString("hex")}`,
        fields: response("200", DATES[1]!, ...COOKIE),
        size: 215,
      },
    ],
  },
  "C.6, responses with Huffman": {
    table: 256,
    steps: [
      {
        block: `488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
        ...{ fields: response("302", DATES[0]!), size: 222 },
      },
      { block: "4883640effc1c0bf", fields: response("307", DATES[0]!), size: 222 },
      {
        block: `88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007`,
        fields: response("200", DATES[1]!, ...COOKIE),
        size: 215,
      },
    ],
  },
};

for (const [name, { table, steps }] of Object.entries(CASES))
  test(`decodes appendix ${name}`, () => {
    const decoder = new HpackDecoder(LIMIT, table);
    for (const { block, fields, size } of steps) {
      expect(decoder.decode(hex(block))).toEqual({ fields, tooLarge: false });
      expect(decoder.tableSize).toBe(size);
    }
  });

test("encodes as appendix C.3 does", () => {
  const encoder = new HpackEncoder();
  for (const { block, fields } of CASES["C.3, requests without Huffman"]!.steps)
    expect(Buffer.from(encoder.encode(fields)).toString("hex")).toBe(block);
});

describe("HpackDecoder", () => {
  test("refuses what is no field, no size and no string", () => {
    const faults = {
      "no field at index 0": "80",
      "no field at index 70": "c6",
      "more than 4096": "3fe2ff03",
      "change of table size within": "8220",
      "ends within a string": "400a6375",
      "false padding": "00 81 10 00",
      "the end symbol": "00 84 ffffffff",
    };
    for (const [message, block] of Object.entries(faults))
      expect(() => new HpackDecoder(LIMIT).decode(hex(block))).toThrow(message);
  });

  test("reads a list beyond the limit to its end, and says so", () => {
    const decoder = new HpackDecoder(100);
    const encoder = new HpackEncoder();
    const fields: Field[] = [
      ["a", "x".repeat(40)],
      ["b", "y".repeat(40)],
    ];
    const { tooLarge } = decoder.decode(encoder.encode(fields));
    expect(tooLarge).toBe(true);
    // The table knows both: the next block is right.
    expect(decoder.decode(encoder.encode([fields[1]!])).fields).toEqual([fields[1]!]);
  });
});

/** A small generator of numbers that are the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
}

test("what one side encodes the other decodes, with tables that fill, empty and change their size", () => {
  const pick = random(7);
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder(Number.POSITIVE_INFINITY);
  const names = [":path", "grpc-timeout", "x", "containerd-namespace", "content-type"];
  for (let round = 0; round < 2000; round++) {
    if (pick(20) === 0) encoder.allowTable(pick(6000));
    const fields = Array.from({ length: pick(8) }, (): Field => {
      const value = String.fromCharCode(...Array.from({ length: pick(90) }, () => pick(256)));
      return [names[pick(names.length)]!, pick(3) === 0 ? value : `v${pick(40)}`];
    });
    if (pick(200) === 0) fields.push(["large", "z".repeat(5000)]);
    expect(decoder.decode(encoder.encode(fields)).fields).toEqual(fields);
  }
});

test("decodeHuffman() knows every symbol by the codes of appendix B", () => {
  // Shortest and longest: '0' is 00000, LF is thirty bits.
  expect(decodeHuffman(hex("07"))).toBe("0");
  expect(decodeHuffman(hex("fffffff3"))).toBe("\n");
  expect(decodeHuffman(hex("fffffbbf"))).toBe("\xff");
});
