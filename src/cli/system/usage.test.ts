import { expect, test } from "bun:test";
import type { BuildCache, ContainerSummary, ImageSummary, Volume } from "../../api/schema.ts";
import { totalsOf } from "./usage.ts";
import { byLastUse, totalColumns } from "./usage-columns.ts";

const image = (Size: number, SharedSize: number, Containers: number) =>
  ({ Size, SharedSize, Containers }) as ImageSummary;
const volume = (Size: number, RefCount: number) => ({ UsageData: { Size, RefCount } }) as Volume;

test("totalsOf() counts what could be freed: unused images, stopped containers, volumes without users, idle cache", () => {
  const totals = totalsOf({
    LayersSize: 100,
    Images: [image(60, 10, 1), image(40, 10, 0)],
    Containers: [
      { State: "running", SizeRw: 5 },
      { State: "exited", SizeRw: 7 },
    ] as ContainerSummary[],
    Volumes: [volume(30, 1), volume(20, 0), volume(-1, 0)],
    BuildCache: [{ Size: 8, InUse: true }, { Size: 4 }, { Size: 2, Shared: true }] as BuildCache[],
  });
  expect(totals).toEqual([
    { type: "Images", total: 2, active: 1, size: 100, reclaimable: 50 },
    { type: "Containers", total: 2, active: 1, size: 12, reclaimable: 7 },
    { type: "Local Volumes", total: 3, active: 1, size: 50, reclaimable: 20 },
    { type: "Build Cache", total: 3, active: 1, size: 12, reclaimable: 4 },
  ]);
  const shown = totals.map((total) => (totalColumns(total)["Reclaimable"] as () => string)());
  expect(shown).toEqual(["50B (50%)", "7B (58%)", "20B (40%)", "4B"]);
});

test("totalsOf() takes an engine that leaves everything out", () => {
  expect(totalsOf({}).map(({ total, size }) => total + size)).toEqual([0, 0, 0, 0]);
});

test("byLastUse() has what was never used first, then by time, then by id", () => {
  const records: BuildCache[] = [
    { ID: "c", LastUsedAt: "2026-01-02T00:00:00Z" },
    { ID: "b", LastUsedAt: "2026-01-01T00:00:00.5Z" },
    { ID: "z" },
    { ID: "a", LastUsedAt: "2026-01-02T00:00:00Z" },
    { ID: "y" },
  ];
  expect(records.sort(byLastUse).map(({ ID }) => ID)).toEqual(["y", "z", "b", "a", "c"]);
});
