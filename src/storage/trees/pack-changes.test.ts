import { afterAll, expect, test } from "bun:test";
import { linkSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TarReader } from "../../archive/tar/reader.ts";
import { ChangeKind } from "../driver.ts";
import { packChanges } from "./pack-changes.ts";

const root = mkdtempSync("/tmp/pack-changes-");
afterAll(() => rmSync(root, { recursive: true }));

test("packChanges() keeps hard links, and marks what is gone", async () => {
  writeFileSync(join(root, "file"), "data");
  linkSync(join(root, "file"), join(root, "other"));
  const changes = [
    { path: "/file", kind: ChangeKind.added },
    { path: "/gone", kind: ChangeKind.deleted },
    { path: "/other", kind: ChangeKind.added },
  ];
  const reader = new TarReader(packChanges(root, changes));
  const found: unknown[] = [];
  for (let entry = await reader.next(); entry; entry = await reader.next())
    found.push([entry.name, entry.type, entry.linkname, entry.size]);
  expect(found).toEqual([
    ["file", "file", "", 4],
    [".wh.gone", "file", "", 0],
    ["other", "link", "file", 0],
  ]);
});
