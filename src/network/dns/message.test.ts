import { expect, test } from "bun:test";
import { parseAddress } from "../address/ip.ts";
import { addressAnswer, encodeAnswer, parseQuery, RCODE, reverseAddress, TYPE } from "./message.ts";

/** A query for "Web.n1", type A, with recursion desired; `opt` adds a UDP size. */
function query(opt = false): Buffer {
  const name = Buffer.from("\x03Web\x02n1\0", "latin1");
  const header = Buffer.from([0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, opt ? 1 : 0]);
  const extra = opt ? Buffer.from([0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0]) : Buffer.alloc(0);
  return Buffer.concat([header, name, Buffer.from([0, 1, 0, 1]), extra]);
}

test("parseQuery() reads name, type and how much the client takes", () => {
  expect(parseQuery(query())).toMatchObject({
    id: 0xabcd,
    name: "web.n1",
    type: TYPE.A,
    recursion: true,
    udpSize: 512,
  });
  expect(parseQuery(query(true))?.udpSize).toBe(4096);
});

test("parseQuery() refuses answers, several questions, and what is cut off at any place", () => {
  const answer = query();
  answer[2] = 0x81;
  expect(parseQuery(answer)).toBeUndefined();
  const two = query();
  two[5] = 2;
  expect(parseQuery(two)).toBeUndefined();
  for (let length = 0; length < query().length; length++)
    expect(parseQuery(query().subarray(0, length))).toBeUndefined();
});

test("parseQuery() refuses names with pointers or endless labels", () => {
  const pointer = query();
  pointer[12] = 0xc0;
  expect(parseQuery(pointer)).toBeUndefined();
  const long = query();
  long[12] = 63;
  expect(parseQuery(long)).toBeUndefined();
});

test("encodeAnswer() gives the question back with its records", () => {
  const bytes = Buffer.from(
    encodeAnswer(parseQuery(query())!, [addressAnswer(parseAddress("10.0.0.2")!)], RCODE.OK, 512),
  );
  expect(bytes.subarray(0, 12).toString("hex")).toBe("abcd81800001000100000000");
  expect(bytes.subarray(-16).toString("hex")).toBe("c00c0001000100000258" + "0004" + "0a000002");
});

test("encodeAnswer() says when it does not fit", () => {
  const many = Array.from({ length: 60 }, () => addressAnswer(parseAddress("10.0.0.2")!));
  const bytes = Buffer.from(encodeAnswer(parseQuery(query())!, many, RCODE.OK, 512));
  expect(bytes[2]! & 2).toBe(2);
  expect(bytes.readUInt16BE(6)).toBe(0);
  expect(encodeAnswer(parseQuery(query())!, many, RCODE.OK).length).toBeGreaterThan(512);
});

test("reverseAddress() reads both kinds of reverse names", () => {
  expect(reverseAddress("2.0.18.172.in-addr.arpa")).toBe("172.18.0.2");
  expect(reverseAddress(`${"1.".padEnd(64, "0.")}ip6.arpa`)).toBe("0000:0000:0000:0000:0000:0000:0000:0001");
  expect(reverseAddress("web")).toBeUndefined();
});
