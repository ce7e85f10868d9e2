/** One file after the other is damaged at random, by a seed that a failure names: fsck finds it, repairs, and never dies. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  cpSync,
  createReadStream,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Random } from "../../../hack/lib/random.ts";
import { createLogger } from "../../log/log.ts";
import { openDriver } from "../../storage/open.ts";
import { loadImages } from "../archives/load.ts";
import { type ImageRoot, openImages } from "../open.ts";
import { type FsckResult, fsck } from "./run.ts";

const ROUNDS = 40;
const BOX = "b".repeat(64);
const quiet = createLogger({ level: "fatal" });
let work: string;
let original: string;

const open = async (root: string): Promise<ImageRoot> =>
  openImages(root, await openDriver({ root, name: "overlay2" }), quiet);

/** Two images, the second with a layer more, and a container of it. */
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "damage-"));
  original = join(work, "original");
  const script = `
    for n in 1 2 3; do mkdir -p l$n/etc; echo content $n > l$n/etc/file$n; tar -C l$n -cf $n.tar etc; done
    id() { sha256sum $1.tar | cut -d' ' -f1; }
    config() { echo '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":['$1']}}'; }
    config "\\"sha256:$(id 1)\\",\\"sha256:$(id 2)\\"" > a.json
    config "\\"sha256:$(id 1)\\",\\"sha256:$(id 2)\\",\\"sha256:$(id 3)\\"" > b.json
    echo '[{"Config":"a.json","RepoTags":["a:1"],"Layers":["1.tar","2.tar"]},
           {"Config":"b.json","RepoTags":["b:1"],"Layers":["1.tar","2.tar","3.tar"]}]' > manifest.json
    tar -cf image.tar a.json b.json manifest.json 1.tar 2.tar 3.tar`;
  const made = Bun.spawnSync(["sh", "-ec", script], { cwd: work });
  expect(made.stderr.toString()).toBe("");
  const root = await open(original);
  await loadImages(root, createReadStream(join(work, "image.tar")), {
    quiet: true,
    progress: () => {},
    signal: new AbortController().signal,
    onLoaded: () => {},
  });
  const image = root.resolve("b:1");
  await root.layers.createRWLayer(BOX, image.chainID, { init: async () => {} });
  mkdirSync(join(original, "containers", BOX), { recursive: true });
  const config = { ID: BOX, Name: "/box", Driver: "overlay2", Image: image.id };
  writeFileSync(join(original, "containers", BOX, "config.v2.json"), JSON.stringify(config));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** All files and links of a data root that fsck vouches for. */
function targetsIn(root: string, below = ""): string[] {
  return readdirSync(join(root, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    if (entry.isDirectory()) return targetsIn(root, path);
    // The day on which an image was last named, which may be any; and what is the kernel's own.
    return entry.name === "lastUpdated" || path.includes("/work/") ? [] : [path];
  });
}

const KINDS: Record<string, (path: string, random: Random) => void> = {
  removed: (path) => rmSync(path),
  emptied: (path) => truncateSync(path, 0),
  cut: (path) => truncateSync(path, Math.floor(lstatSync(path).size / 2)),
  overwritten: (path, random) =>
    writeFileSync(
      path,
      Uint8Array.from({ length: lstatSync(path).size + 1 }, () => random.below(256)),
    ),
  "one byte changed": (path, random) => {
    const bytes = readFileSync(path);
    const at = random.below(bytes.length);
    bytes[at] = bytes[at]! ^ (1 << random.below(8));
    writeFileSync(path, bytes);
  },
  "made a folder": (path) => {
    rmSync(path);
    mkdirSync(path);
    writeFileSync(join(path, "odd"), "");
  },
};

function damage(root: string, random: Random): string {
  const targets = targetsIn(root).sort();
  const target = targets[random.below(targets.length)]!;
  const path = join(root, target);
  const names = lstatSync(path).isSymbolicLink() ? ["removed", "made a folder"] : Object.keys(KINDS);
  const kind = names[random.below(names.length)]!;
  KINDS[kind]!(path, random);
  return `${target} ${kind}`;
}

/**
 * Another number as a size, another name of an image, or no names at all, and what gzip notes beside the content:
 * nothing tells them from the right ones.
 */
function unknowable(what: string, root: string): boolean {
  const [target = "", ...kind] = what.split(" ");
  const path = join(root, target);
  const oneByte = kind.join(" ") === "one byte changed";
  if (target.endsWith("repositories.json")) return oneByte || kind[0] === "removed";
  if (target.endsWith("/size") && (oneByte || kind[0] === "cut"))
    return /^\d+$/.test(readFileSync(path, "utf8"));
  if (!target.endsWith("/tar-split.json.gz") || !oneByte) return false;
  try {
    return gunzipSync(readFileSync(path)).equals(gunzipSync(readFileSync(join(original, target))));
  } catch {
    return false;
  }
}

test.each(Array.from({ length: ROUNDS }, (_, seed) => seed))("damage %d", async (seed) => {
  const root = join(work, `root-${seed}`);
  cpSync(original, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  const what = damage(root, new Random(seed));
  const said: string[] = [];
  const check = (repair: boolean): Promise<FsckResult> =>
    fsck({ root, repair, say: (line) => void said.push(line) });
  const found = await check(false);
  if (!unknowable(what, root)) expect({ what, found: found.found > 0 }).toEqual({ what, found: true });
  // dockerd starts, whatever it is, and takes nothing away that fsck could still find; or it names the cure.
  const why = await open(root).then(
    () => "",
    (error: Error) => error.message,
  );
  if (why !== "")
    expect({ what, why }).toEqual({ what, why: expect.stringContaining("`dockerd fsck --repair`") });
  const repaired = await check(true);
  const after = await check(false);
  expect({ what, said, left: after.found }).toEqual({ what, said, left: repaired.found - repaired.repaired });
  rmSync(root, { recursive: true, force: true });
});
