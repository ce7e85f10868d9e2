import { beforeEach, describe, expect, test } from "bun:test";
import { FakeImages } from "./fake-images.testing.ts";
import { imageHistory } from "./history.ts";
import { inspectImage } from "./inspect.ts";
import { listImages } from "./list.ts";
import { matchesReference } from "./match-reference.ts";
import { familiar, parseImageName, withTag } from "./names.ts";
import { pruneImages } from "./prune.ts";
import { removeImage } from "./remove.ts";
import { tagImage } from "./tag.ts";
import { parseTimestamp } from "./times.ts";

let fake: FakeImages;
const D = `sha256:${"d".repeat(64)}`;
const no = { force: false, prune: true };
const user = (imageID: string, running = false) => ({
  id: "c0ffee".padEnd(64, "0"),
  name: "c",
  running,
  imageID,
  imageName: "x",
});

beforeEach(() => {
  fake = new FakeImages();
});

describe("parseImageName()", () => {
  test.each([
    ["busybox", "docker.io", "library/busybox", "busybox"],
    ["user/x:1", "docker.io", "user/x", "user/x:1"],
    ["localhost/x", "localhost", "x", "localhost/x"],
    ["127.0.0.1:5000/a/b:v1", "127.0.0.1:5000", "a/b", "127.0.0.1:5000/a/b:v1"],
    ["index.docker.io/library/x", "docker.io", "library/x", "x"],
    [`x@${D}`, "docker.io", "library/x", `x@${D}`],
  ])("reads %s", (text, domain, path, shown) => {
    const name = parseImageName(text);
    expect([name.domain, name.path, familiar(name)]).toEqual([domain, path, shown]);
  });

  test("refuses malformed names in stock's words", () => {
    for (const bad of ["", "a b", ":x", "x:", "x@sha256:1", "a//b", "-a", "x:a/b:"])
      expect(() => parseImageName(bad)).toThrow("invalid reference format");
    expect(() => parseImageName("Foo")).toThrow("must be lowercase");
    expect(() => parseImageName("a".repeat(64))).toThrow("64-byte hexadecimal");
    expect(() => withTag(parseImageName("x"), "a b")).toThrow("invalid tag format");
  });
});

describe("removeImage()", () => {
  test("takes a name away, and the image with its last one", async () => {
    const id = fake.add({}, ["x:1", "x:2", `x@${D}`]);
    expect(await removeImage(fake.deps, "x:1", no)).toEqual([{ Untagged: "x:1" }]);
    const last = await removeImage(fake.deps, "x:2", no);
    expect(last.map((item) => item.Untagged ?? item.Deleted?.slice(0, 10))).toEqual([
      "x:2",
      `x@${D}`,
      id.slice(0, 10),
      "sha256:aaa",
    ]);
    expect(fake.actions()).toEqual(["untag", "untag", "untag", "delete"]);
  });

  test("by id refuses an image of several repositories, unless forced", async () => {
    const id = fake.add({}, ["x:1", "y:1"]);
    const short = id.slice(7, 19);
    await expect(removeImage(fake.deps, short, no)).rejects.toThrow(
      `conflict: unable to delete ${short} (must be forced) - image is referenced in multiple repositories`,
    );
    expect((await removeImage(fake.deps, short, { force: true, prune: true })).length).toBe(4);
  });

  test("refuses what a container uses, in stock's words", async () => {
    const id = fake.add({}, ["x:1"]);
    const short = id.slice(7, 19);
    fake.users.push(user(id));
    await expect(removeImage(fake.deps, "x:1", no)).rejects.toThrow(
      `conflict: unable to remove repository reference "x:1" (must force) - container c0ffee000000 is using its referenced image ${short}`,
    );
    await expect(removeImage(fake.deps, id, no)).rejects.toThrow(
      `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container c0ffee000000`,
    );
    fake.users[0] = user(id, true);
    await expect(removeImage(fake.deps, id, { force: true, prune: true })).rejects.toThrow(
      `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container c0ffee000000`,
    );
    expect(fake.store.has(id)).toBe(true);
  });

  test("takes nameless parents along, and refuses a parent with children", async () => {
    const parent = fake.add({ comment: "p" }, []);
    const child = fake.add({ comment: "c" }, ["x:1"], parent);
    await expect(removeImage(fake.deps, parent, { force: true, prune: true })).rejects.toThrow(
      "image has dependent child images",
    );
    const deleted = await removeImage(fake.deps, "x:1", no);
    expect(deleted.map(({ Deleted }) => Deleted)).toContain(parent);
    expect(deleted.map(({ Deleted }) => Deleted)).toContain(child);
    expect(fake.store.size).toBe(0);
  });
});

describe("listImages()", () => {
  const list = async (filters: Record<string, string[]> = {}, all = false): Promise<string[]> => {
    const found = await listImages(fake.deps, {
      all,
      filters: new Map(Object.entries(filters)),
      sharedSize: true,
    });
    return found.map(({ RepoTags }) => RepoTags.join(",") || "<none>");
  };

  beforeEach(() => {
    const step = fake.add({ created: "2020-01-01T00:00:00Z" }, []);
    fake.add({ created: "2021-01-01T00:00:00Z", config: { Labels: { a: "1" } } }, ["old:1"], step);
    fake.add({ created: "2022-01-01T00:00:00Z" }, ["127.0.0.1:5000/new:2", "new:2"]);
    fake.add({ created: "2023-01-01T00:00:00Z", comment: "dangling" }, []);
  });

  test("shows the newest first, without the steps of a build", async () => {
    expect(await list()).toEqual(["<none>", "127.0.0.1:5000/new:2,new:2", "old:1"]);
    expect((await list({}, true)).length).toBe(4);
  });

  test("filters", async () => {
    expect(await list({ dangling: ["true"] })).toEqual(["<none>"]);
    expect(await list({ dangling: ["false"] })).toEqual(["127.0.0.1:5000/new:2,new:2", "old:1"]);
    expect(await list({ label: ["a=1"] })).toEqual(["old:1"]);
    expect(await list({ reference: ["new"] })).toEqual(["new:2"]);
    expect(await list({ reference: ["*:1"] })).toEqual(["old:1"]);
    expect(await list({ before: ["new:2"] })).toEqual(["old:1"]);
    expect(await list({ since: ["new:2"] })).toEqual(["<none>"]);
    await expect(list({ dangling: ["maybe"] })).rejects.toThrow("invalid filter 'dangling=[maybe]'");
    await expect(list({ before: ["nosuch"] })).rejects.toThrow("No such image");
  });
});

describe("pruneImages()", () => {
  test("removes nameless images, or all unused ones", async () => {
    fake.add({ comment: "1" }, []);
    const used = fake.add(
      { comment: "2", rootfs: { type: "layers", diff_ids: [`sha256:${"b".repeat(64)}`] } },
      ["u:1"],
    );
    fake.add({ comment: "3", rootfs: { type: "layers", diff_ids: [`sha256:${"c".repeat(64)}`] } }, [
      "x:1",
      "y:1",
    ]);
    fake.users.push(user(used));
    const first = await pruneImages(fake.deps, new Map());
    expect(first.reclaimed).toBe(1000);
    expect([...fake.names.keys()].length).toBe(3);
    const second = await pruneImages(fake.deps, new Map([["dangling", ["false"]]]));
    expect(second.deleted.flatMap(({ Untagged }) => Untagged ?? [])).toEqual(["x:1", "y:1"]);
    expect([...fake.store.keys()]).toEqual([used]);
  });

  test("removes only what its filters name", async () => {
    const add = (letter: string, created: string, Labels: Record<string, string>) =>
      fake.add(
        {
          created,
          config: { Labels },
          rootfs: { type: "layers", diff_ids: [`sha256:${letter.repeat(64)}`] },
        },
        [],
      );
    const old = add("1", "2020-01-01T00:00:00Z", { team: "a" });
    const fresh = add("2", "2024-01-01T00:00:00Z", { team: "b" });
    const kept = add("3", "2020-01-01T00:00:00Z", { team: "a", keep: "yes" });
    const prune = async (filters: Record<string, string[]>) => {
      await pruneImages(fake.deps, new Map(Object.entries(filters)));
      return [...fake.store.keys()].sort();
    };
    const all = [old, fresh, kept].sort();
    expect(await prune({ until: ["2019-01-01T00:00:00Z"] })).toEqual(all);
    expect(await prune({ label: ["team=c"] })).toEqual(all);
    expect(await prune({ label: ["team=a"], "label!": ["keep"] })).toEqual([fresh, kept].sort());
    expect(await prune({ until: ["2021-01-01T00:00:00Z"], label: ["keep=yes"] })).toEqual([fresh]);
    await expect(prune({ until: ["nonsense"] })).rejects.toThrow();
    expect(await prune({ label: ["team"] })).toEqual([]);
  });
});

test("imageHistory() gives layer sizes to the steps that made layers", async () => {
  const history = [
    { created: "2020-01-01T00:00:00Z", created_by: "ADD x" },
    { created: "2020-01-01T00:00:00Z", created_by: "CMD y", empty_layer: true },
  ];
  const id = fake.add({ history }, ["x:1"]);
  const items = await imageHistory(fake.deps, "x:1");
  expect(items.map(({ Id, Size, CreatedBy }) => [Id, Size, CreatedBy])).toEqual([
    [id, 0, "CMD y"],
    ["<missing>", 1000, "ADD x"],
  ]);
  expect(items[0]?.Tags).toEqual(["x:1"]);
});

test("inspectImage() and tagImage()", async () => {
  const id = fake.add({ config: { Cmd: ["sh"] } }, ["x:1"]);
  await tagImage(fake.deps, "x:1", "127.0.0.1:5000/y", "");
  const seen = await inspectImage(fake.deps, "127.0.0.1:5000/y");
  expect([seen.Id, seen.RepoTags]).toEqual([id, ["x:1", "127.0.0.1:5000/y:latest"]]);
  expect(seen.GraphDriver).toEqual({ Name: "fake", Data: { UpperDir: "/u" } });
  await expect(tagImage(fake.deps, "x:1", `y@${D}`, "")).rejects.toThrow("digest reference");
});

test("matchesReference() and parseTimestamp() read what the filters take", () => {
  expect(matchesReference("busy*", "busybox:latest")).toBe(true);
  expect(matchesReference("*/x", "127.0.0.1:5000/x:1")).toBe(true);
  expect(matchesReference("x", "y/x:1")).toBe(false);
  expect(matchesReference("[ab]x:1", "bx:1")).toBe(true);
  expect(parseTimestamp("1h30m", 10_000_000)).toBe(10_000_000 - 5_400_000);
  expect(parseTimestamp("1700000000")).toBe(1_700_000_000_000);
  expect(() => parseTimestamp("yesterday")).toThrow("failed to parse value as time or duration");
});
