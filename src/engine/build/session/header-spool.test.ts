import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { encodeHeader, tarHeader } from "../../../archive/tar/writer.ts";
import { HeaderSpool } from "./header-spool.ts";

test("HeaderSpool gives back what was put, to several readers, and leaves nothing", () => {
  const folder = mkdtempSync("/tmp/pequod-spool-");
  const spool = new HeaderSpool(folder);
  expect([...spool.entries()]).toEqual([]);
  const headers = Array.from({ length: 2000 }, (_, i) =>
    tarHeader({
      name: `${"d/".repeat(i % 90)}${i}`,
      type: i % 3 === 0 ? "directory" : "file",
      size: i % 3 && i,
    }),
  );
  headers.push(tarHeader({ name: "x".repeat(500_000), type: "file", size: 2 ** 40 }));
  for (const [i, header] of headers.entries()) spool.put(i * 2, header);
  const [one, other] = [spool.entries(), spool.entries()];
  for (const [i, header] of headers.entries()) {
    const expected = { id: i * 2, size: header.size, header: Buffer.from(encodeHeader(header)) };
    expect(one.next().value).toEqual(expected);
    expect(other.next().value).toEqual(expected);
  }
  expect(one.next().done).toBe(true);
  spool.close();
  expect(readdirSync(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});
