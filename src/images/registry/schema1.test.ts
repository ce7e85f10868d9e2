import { describe, expect, test } from "bun:test";
import { rawMembers, sortedObject } from "./raw-json.ts";
import { legacyManifest, signed } from "./schema1.testing.ts";
import { configOfLegacy, legacyLayers, signedContent } from "./schema1.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

describe("signedContent()", () => {
  const plain = legacyManifest([{ blob: digest("a"), step: { id: "1" } }]);

  test("gives the manifest as it was before its signatures were added", () => {
    expect(text(signedContent(signed(plain)))).toBe(text(plain));
    expect(signedContent(plain)).toEqual(plain);
  });

  test.each([
    ["no protected header", [{ signature: "x" }]],
    [
      "a length beyond the end",
      [{ protected: Buffer.from('{"formatLength":9999999}').toString("base64url") }],
    ],
  ])("refuses %s", (_, signatures) => {
    const raw = Buffer.from(JSON.stringify({ schemaVersion: 1, signatures }));
    expect(() => signedContent(raw)).toThrow("malformed signature");
  });
});

describe("legacyLayers()", () => {
  const top = { blob: digest("b"), step: { id: "2", parent: "1", throwaway: true } };
  const base = { blob: digest("a"), step: { id: "1" } };

  test("lists steps from the bottom up, and those without a layer as such", () => {
    const layers = legacyLayers(legacyManifest([top, base]), "x:1");
    expect(layers.map(({ digest: one, empty }) => [one, empty])).toEqual([
      [base.blob, false],
      [top.blob, true],
    ]);
  });

  test("counts a step that is there twice in a row once", () => {
    expect(legacyLayers(legacyManifest([top, top, base]), "x:1")).toHaveLength(2);
  });

  test.each([
    ["a broken chain", [{ ...top, step: { id: "2", parent: "0" } }, base], "invalid parent ID"],
    ["no layers", [], "no FSLayers in manifest"],
    ["a bad digest", [{ ...base, blob: "sha256:x" }], "invalid digest"],
  ])("refuses %s", (_, steps, message) => {
    expect(() => legacyLayers(legacyManifest(steps), "x:1")).toThrow(message);
  });
});

describe("configOfLegacy()", () => {
  test("keeps a modern step byte by byte, without the names of the old format, fields sorted", () => {
    const v1 = `{"os":"linux","id":"1","docker_version":"1.9.0","n":1.50,"config":{"z":1,"Cmd":["a<b"]}}`;
    const made = configOfLegacy([{ digest: digest("a"), v1, empty: false }], [digest("c")]);
    expect(text(made)).toBe(
      `{"config":{"z":1,"Cmd":["a\\u003cb"]},"docker_version":"1.9.0","history":[{"created":"0001-01-01T00:00:00Z"}],"n":1.50,"os":"linux","rootfs":{"type":"layers","diff_ids":["${digest("c")}"]}}`,
    );
  });
});

describe("rawMembers()", () => {
  test("gives values as they are written, whatever is in their strings", () => {
    const members = rawMembers(` { "a" : [1.0, {"b": "},\\"{"}] , "c":1e3,"d":{} ,"e":"x"} `);
    expect(Object.fromEntries(members)).toEqual({
      a: `[1.0,{"b":"},\\"{"}]`,
      c: "1e3",
      d: "{}",
      e: `"x"`,
    });
    expect(sortedObject(new Map([...members].reverse()))).toStartWith(`{"a":[1.0,`);
  });

  test.each(["[]", "1", "{"])("refuses %s", (what) => {
    expect(() => rawMembers(what)).toThrow("invalid JSON");
  });
});
