import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { listFolder, readLink, realPath, removeFolder } from "./folder.ts";

test("folders are listed whole, links read and resolved, empty folders removed", () => {
  const folder = realpathSync(mkdtempSync("/tmp/folder-"));
  try {
    for (let i = 0; i < 600; i++) writeFileSync(`${folder}/file-with-a-long-name-${i}`, "");
    mkdirSync(`${folder}/sub`);
    symlinkSync("sub/../sub", `${folder}/link`);
    const entries = listFolder(folder);
    expect(entries).toHaveLength(602);
    expect(entries.filter((entry) => entry.isFolder).map((entry) => entry.name)).toEqual(["sub"]);
    expect(readLink(`${folder}/link`)).toBe("sub/../sub");
    expect(realPath(`${folder}/link`)).toBe(`${folder}/sub`);
    expect(() => realPath(`${folder}/nope`)).toThrow("ENOENT");
    expect(() => removeFolder(folder)).toThrow("ENOTEMPTY");
    removeFolder(`${folder}/sub`);
    expect(() => listFolder(`${folder}/sub`)).toThrow("ENOENT");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
