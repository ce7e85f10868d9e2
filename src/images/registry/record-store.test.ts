import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobRecordStore } from "./record-store.ts";

const hex = (digit: string): string => digit.repeat(64);
const [diffID, blob, other] = [`sha256:${hex("a")}`, `sha256:${hex("b")}`, `sha256:${hex("c")}`];
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pequod-records-"));
});
afterEach(() => rmSync(root, { recursive: true }));

test("BlobRecordStore writes moby's files, newest entry first, each once", async () => {
  const store = new BlobRecordStore(root);
  await Promise.all([
    store.record(diffID, { digest: blob, repository: "docker.io/library/x" }),
    store.record(diffID, { digest: other, repository: "r.example/x" }),
    store.record(diffID, { digest: blob, repository: "docker.io/library/x" }),
  ]);
  const file = join(root, "v2metadata-by-diffid", "sha256", hex("a"));
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual([
    { Digest: blob, SourceRepository: "docker.io/library/x", HMAC: "" },
    { Digest: other, SourceRepository: "r.example/x", HMAC: "" },
  ]);
  expect(readFileSync(join(root, "diffid-by-digest", "sha256", hex("c")), "utf8")).toBe(diffID);
  expect((await new BlobRecordStore(root).blobsOf(diffID)).map(({ digest }) => digest)).toEqual([
    blob,
    other,
  ]);
});

test("BlobRecordStore takes what is damaged or absent for unknown", async () => {
  const store = new BlobRecordStore(root);
  expect(await store.blobsOf(diffID)).toEqual([]);
  await store.record(diffID, { digest: blob, repository: "x" });
  writeFileSync(join(root, "v2metadata-by-diffid", "sha256", hex("a")), "[{");
  expect(await store.blobsOf(diffID)).toEqual([]);
});
