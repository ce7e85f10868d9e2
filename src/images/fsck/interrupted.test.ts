/** What a removal or a making of a layer leaves where it is cut short: fsck tells of it once, and takes it away. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "../../archive/pack.ts";
import { createLogger } from "../../log/log.ts";
import { openDriver } from "../../storage/open.ts";
import { LayerRecords } from "../layers/records.ts";
import { openImages } from "../open.ts";
import { type FsckResult, fsck } from "./run.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "interrupted-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const layerdb = () => join(root, "image/overlay2/layerdb");

/** One layer that nothing needs; its storage layer's folder. */
async function makeLayer(): Promise<{ records: LayerRecords; folder: string }> {
  const files = join(root, "files");
  mkdirSync(files);
  writeFileSync(join(files, "file"), "content");
  const driver = await openDriver({ root, name: "overlay2" });
  const images = await openImages(root, driver, createLogger({ level: "fatal" }));
  await images.layers.register(pack(files), undefined);
  const records = new LayerRecords(layerdb());
  return { records, folder: join(root, "overlay2", records.list()[0]!.cacheID) };
}

const check = async (repair: boolean): Promise<[FsckResult, string[]]> => {
  const said: string[] = [];
  const result = await fsck({ root, repair, say: (line) => void (line.startsWith("  ") && said.push(line)) });
  return [result, said];
};

const REMOVED_SO_FAR: [string, (folder: string) => void][] = [
  ["nothing", () => {}],
  ["its short name", removeName],
  ["its content, but for its short name", (folder) => rmSync(join(folder, "diff"), { recursive: true })],
  ["its file link", (folder) => rmSync(join(folder, "link"))],
  [
    "all of it",
    (folder) => {
      removeName(folder);
      rmSync(folder, { recursive: true });
    },
  ],
];

function removeName(folder: string): void {
  rmSync(join(root, "overlay2/l", readFileSync(join(folder, "link"), "utf8")));
}

test.each(REMOVED_SO_FAR)("a removal that got as far as: %s", async (_, remove) => {
  const { records, folder } = await makeLayer();
  records.markRemoving(records.list()[0]!);
  remove(folder);
  const [found, said] = await check(false);
  expect([found.found, said]).toEqual([1, [expect.stringContaining("-removing: "), expect.anything()]]);
  expect((await check(true))[0]).toEqual({ found: 1, repaired: 1 });
  expect((await check(false))[0].found).toBe(0);
  expect([existsSync(folder), readdirSync(join(root, "overlay2/l"))]).toEqual([false, []]);
});

test("a layer that was not finished", async () => {
  const { records } = await makeLayer();
  const [record] = records.list();
  const transaction = records.newTransaction();
  records.begin(transaction, record!.cacheID);
  rmSync(join(layerdb(), "sha256"), { recursive: true });
  mkdirSync(join(layerdb(), "sha256"));
  expect((await check(false))[0].found).toBe(1);
  expect((await check(true))[0]).toEqual({ found: 1, repaired: 1 });
  expect((await check(false))[0].found).toBe(0);
});

test("the note on the making of a container's layer that is there whole: the layer stays", async () => {
  const { records } = await makeLayer();
  const driver = await openDriver({ root, name: "overlay2" });
  const images = await openImages(root, driver, createLogger({ level: "fatal" }));
  await images.layers.createRWLayer("box", records.list()[0]!.chainID, { init: async () => {} });
  mkdirSync(join(root, "containers/box"), { recursive: true });
  const { mountID } = records.mounts()[0]!;
  records.begin(records.newTransaction(), mountID);
  // The container's own record is not there, which is told of, too.
  expect((await check(true))[0]).toEqual({ found: 2, repaired: 1 });
  expect(await driver.exists(mountID)).toBe(true);
});
