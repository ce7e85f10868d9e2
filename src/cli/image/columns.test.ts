import { describe, expect, test } from "bun:test";
import type { ImageSummary } from "../../api/schema.ts";
import type { Columns } from "../format/list.ts";
import { firstRowOf, rowsOf } from "./columns.ts";

const image = (RepoTags: string[], RepoDigests: string[]) =>
  ({
    Id: `sha256:${"0".repeat(64)}`,
    RepoTags,
    RepoDigests,
    Size: 1,
    SharedSize: -1,
    Containers: -1,
  }) as ImageSummary;
const D = `sha256:${"1".repeat(64)}`;
const names = (rows: Columns[]) =>
  rows.map((row) => ["Repository", "Tag", "Digest"].map((name) => (row[name] as () => string)()).join(" "));
const shown = (subject: ImageSummary, digests: boolean) =>
  names(rowsOf(subject, { short: true, digests, digestUsed: digests }));

describe("rowsOf()", () => {
  test("has a line for each tag", () => {
    const subject = image(["busybox:latest", "busybox:1", "127.0.0.1:5000/x:2"], [`busybox@${D}`]);
    expect(shown(subject, false)).toEqual([
      "busybox latest <none>",
      "busybox 1 <none>",
      "127.0.0.1:5000/x 2 <none>",
    ]);
    expect(shown(subject, true)[0]).toBe(`busybox latest ${D}`);
  });
  test("has a line for an image that only a digest names, and for one without any name", () => {
    expect(shown(image([], [`busybox@${D}`]), true)).toEqual([`busybox <none> ${D}`]);
    expect(shown(image([], [`busybox@${D}`]), false)).toEqual(["busybox <none> "]);
    expect(shown(image([], []), true)).toEqual(["<none> <none> <none>"]);
    expect(shown(image(["<none>:<none>"], ["<none>@<none>"]), true)).toEqual(["<none> <none> <none>"]);
  });
});

test("firstRowOf() shows the first tag only", () => {
  expect(names([firstRowOf(image(["a:1", "b:2"], []), true)])).toEqual(["a 1 "]);
  expect(names([firstRowOf(image([], []), true)])).toEqual(["<none> <none> "]);
});
