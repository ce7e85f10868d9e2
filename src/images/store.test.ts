import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layBusyboxRoot } from "../../hack/lib/busybox-image.ts";
import { MNT, mount, unmount } from "../linux/mount.ts";
import { createLogger } from "../log/log.ts";
import { openDriver } from "../storage/open.ts";
import { loadImages } from "./archives/load.ts";
import { chooseImages, saveImages } from "./archives/save.ts";
import { type ImageRoot, KEEP_UNFINISHED, openImages } from "./open.ts";

const quiet = createLogger({ level: "fatal" });

let folder: string;
let root: ImageRoot;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "images-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function open(driver: string, name = "root"): Promise<ImageRoot> {
  const path = join(folder, name);
  return openImages(path, await openDriver({ root: path, name: driver }), quiet);
}

function sh(command: string): void {
  const child = Bun.spawnSync(["sh", "-ec", command], { cwd: folder });
  if (child.exitCode !== 0) throw new Error(`${command}: ${child.stderr}`);
}

const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data).digest("hex");

/** Two layers; the second deletes, replaces and adds. Returns the path of a docker-archive. */
function makeArchive(overrides: { diffIDs?: string[]; tag?: string } = {}): string {
  sh("rm -rf one two");
  layBusyboxRoot(join(folder, "one"));
  sh(
    "mkdir -p two/etc two/new && echo changed > two/etc/passwd && touch two/etc/.wh.group && ln two/etc/passwd two/new/hard",
  );
  sh("tar -C one -cf one.tar . && tar -C two -cf two.tar etc/passwd etc/.wh.group new");
  const layers = ["one.tar", "two.tar"];
  const diff_ids =
    overrides.diffIDs ?? layers.map((name) => `sha256:${sha256(readFileSync(join(folder, name)))}`);
  const config = JSON.stringify({
    architecture: "amd64",
    os: "linux",
    config: { Cmd: ["sh"] },
    rootfs: { type: "layers", diff_ids },
  });
  writeFileSync(join(folder, "config.json"), config);
  writeFileSync(
    join(folder, "manifest.json"),
    JSON.stringify([{ Config: "config.json", RepoTags: [overrides.tag ?? "two:1"], Layers: layers }]),
  );
  sh("tar -cf image.tar config.json manifest.json one.tar two.tar");
  return join(folder, "image.tar");
}

async function load(target: ImageRoot, path: string): Promise<string[]> {
  const lines: string[] = [];
  await loadImages(target, createReadStream(path), {
    quiet: true,
    progress: (message) => void (message.stream && lines.push(message.stream)),
    signal: new AbortController().signal,
    onLoaded: () => {},
  });
  return lines;
}

async function save(source: ImageRoot, path: string, ...names: string[]): Promise<void> {
  const file = Bun.file(path).writer();
  for await (const chunk of saveImages(source, chooseImages(source, names)))
    file.write(Uint8Array.from(chunk));
  await file.end();
}

test("a layer that unpacks to more than the disk holds is an error, and leaves the disk as it was", async () => {
  const path = join(folder, "small");
  mkdirSync(path);
  mount("tmpfs", path, "tmpfs", 0, "size=8m");
  try {
    root = await openImages(path, await openDriver({ root: path, name: "overlay2" }), quiet);
    await root.layers.settled();
    const before = listOf(path);
    // 40 MB of zeros: some 200 kB in the archive.
    sh(
      "mkdir bomb && truncate -s 40M bomb/zeros && echo last > bomb/zz && tar -C bomb -cf bomb.tar zeros zz",
    );
    const diff_ids = [`sha256:${sha256(readFileSync(join(folder, "bomb.tar")))}`];
    sh("gzip -1 bomb.tar");
    const rootfs = { type: "layers", diff_ids };
    writeFileSync(
      join(folder, "config.json"),
      JSON.stringify({ architecture: "amd64", os: "linux", rootfs }),
    );
    const manifest = [{ Config: "config.json", RepoTags: ["bomb:1"], Layers: ["bomb.tar.gz"] }];
    writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
    sh("tar -cf image.tar bomb.tar.gz config.json manifest.json");
    await expect(load(root, join(folder, "image.tar"))).rejects.toThrow(/ENOSPC|no space left/);
    await root.layers.settled();
    expect(root.images.list()).toEqual([]);
    expect(listOf(path)).toEqual(before);
  } finally {
    unmount(path, MNT.DETACH);
  }
});

/** All that is in a data root, but for the empty folder that archives are taken apart in. */
const listOf = (path: string) =>
  readdirSync(path, { recursive: true })
    .filter((name) => name !== "tmp")
    .sort();

describe.each(["overlay2", "vfs"])("images on %s", (driver) => {
  beforeEach(async () => {
    root = await open(driver);
  });

  test("load makes an image that is there after a restart, and whose layers are bit-exact", async () => {
    expect(await load(root, makeArchive())).toEqual(["Loaded image: two:1\n"]);
    const again = await open(driver);
    const image = again.resolve("two:1");
    expect(image.id).toBe(`sha256:${sha256(readFileSync(join(folder, "config.json")))}`);
    const layer = again.layers.get(image.chainID!);
    for (const [held, name] of [
      [layer, "two.tar"],
      [layer.parent!, "one.tar"],
    ] as const) {
      const hash = createHash("sha256");
      let size = 0;
      for await (const chunk of held.tarStream()) {
        hash.update(chunk);
        size += chunk.length;
      }
      expect(hash.digest("hex")).toBe(sha256(readFileSync(join(folder, name))));
      expect(await held.tarSize()).toBe(size);
    }
  });
  test("a container's layer shows the image, keeps its changes, and goes without a trace", async () => {
    await load(root, makeArchive());
    const { chainID } = root.resolve("two:1");
    const layer = await root.layers.createRWLayer("box", chainID, {
      init: async (path) => writeFileSync(join(path, "etc/hosts"), ""),
    });
    const path = await layer.mount();
    expect(readFileSync(join(path, "etc/passwd"), "utf8")).toBe("changed\n");
    expect(existsSync(join(path, "etc/group"))).toBe(false);
    writeFileSync(join(path, "made"), "12345");
    rmSync(join(path, "new/hard"));
    expect(await layer.changes()).toEqual([
      { path: "/made", kind: 1 },
      { path: "/new", kind: 0 },
      { path: "/new/hard", kind: 2 },
    ]);
    if (driver === "overlay2") expect(await layer.size()).toBe(5);
    await layer.unmount();
    await root.layers.releaseRWLayer("box");
    expect((await open(driver)).layers.rwLayers()).toEqual([]);
  });
  test("an archive that is loaded again is not unpacked again, also where its names tell no digests", async () => {
    await load(root, makeArchive());
    const prepare = spyOn(root.layers, "prepare");
    expect(await load(root, makeArchive({ tag: "two:again" }))).toEqual(["Loaded image: two:again\n"]);
    expect(prepare).not.toHaveBeenCalled();
    // One of the same size that is another layer is unpacked where it is needed.
    sh("printf 'changeD\n' > two/etc/passwd && tar -C two -cf two.tar etc/passwd etc/.wh.group new");
    const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
    config.rootfs.diff_ids[1] = `sha256:${sha256(readFileSync(join(folder, "two.tar")))}`;
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    sh("tar -cf image.tar config.json manifest.json one.tar two.tar");
    await load(root, join(folder, "image.tar"));
    expect(prepare).not.toHaveBeenCalled();
    const layer = root.layers.get(root.resolve("two:again").chainID!);
    expect(layer.diffID).toBe(config.rootfs.diff_ids[1]);
    await root.layers.release(layer);
  });

  test("layers that an interrupted pull has left wait a day for the next one, then go at the first start", async () => {
    const layerdb = join(folder, "root/image", driver, "layerdb/sha256");
    await load(root, makeArchive());
    const needed = readdirSync(layerdb).sort();
    const left = async (name: string) => {
      sh(`mkdir ${name} && echo x > ${name}/${name} && tar -C ${name} -cf ${name}.tar ${name}`);
      return root.layers.register(createReadStream(join(folder, `${name}.tar`)), undefined);
    };
    const layers = [await left("old"), await left("young")];
    const [old, young] = layers.map(({ chainID }) => chainID.slice("sha256:".length)) as [string, string];
    const dayAgo = (Date.now() - KEEP_UNFINISHED) / 1000 - 1;
    for (const name of [old, ...needed]) utimesSync(join(layerdb, name), dayAgo, dayAgo);
    await (await open(driver)).layers.settled();
    expect(readdirSync(layerdb).sort()).toEqual([...needed, young].sort());
    // An image that cannot be read may need any of them.
    writeFileSync(join(folder, "root/image", driver, "imagedb/content/sha256", "0".repeat(64)), "{");
    utimesSync(join(layerdb, young), dayAgo, dayAgo);
    await (await open(driver)).layers.settled();
    expect(readdirSync(layerdb)).toContain(young);
  });

  test("the last reference takes the layers away", async () => {
    await load(root, makeArchive());
    const { id } = root.resolve("two:1");
    await root.references.remove("docker.io/library/two:1");
    expect(await root.images.remove(id)).toHaveLength(2);
    await root.layers.settled();
    expect(readdirSync(join(folder, "root/image", driver, "layerdb/sha256"))).toEqual([]);
    const layers = join(folder, "root", driver, driver === "vfs" ? "dir" : "");
    expect(readdirSync(layers).filter((name) => name !== "l")).toEqual([]);
  });
  test("save and load keep ids; so does a way through skopeo", async () => {
    await load(root, makeArchive());
    await save(root, join(folder, "saved.tar"), "two");
    const other = await open(driver, "other");
    expect(await load(other, join(folder, "saved.tar"))).toEqual(["Loaded image: two:1\n"]);
    expect(other.resolve("two:1").id).toBe(root.resolve("two:1").id);
    sh("skopeo copy -q --insecure-policy docker-archive:saved.tar oci-archive:oci.tar:name:tag");
    const third = await open(driver, "third");
    await load(third, join(folder, "oci.tar"));
    expect(third.images.list()[0]!.config.rootfs).toEqual(root.resolve("two:1").config.rootfs);
  });
  test("a damaged archive leaves nothing behind", async () => {
    const path = makeArchive({
      diffIDs: [`sha256:${sha256(readFileSync(makeArchive()).subarray(0, 0))}`, `sha256:${"0".repeat(64)}`],
    });
    expect(load(root, path)).rejects.toThrow("the archive is damaged");
    await load(root, path).catch(() => {});
    writeFileSync(join(folder, "cut.tar"), readFileSync(makeArchive()).subarray(0, 500_000));
    expect(load(root, join(folder, "cut.tar"))).rejects.toThrow("invalid image archive: unexpected EOF");
    await load(root, join(folder, "cut.tar")).catch(() => {});
    expect(root.images.list()).toEqual([]);
    expect(readdirSync(join(folder, "root/image", driver, "layerdb/sha256"))).toEqual([]);
    expect(readdirSync(join(folder, "root/image", driver, "layerdb/tmp"))).toEqual([]);
    expect(readdirSync(join(folder, "root/tmp"))).toEqual([]);
  });
});

describe("resolve()", () => {
  test("finds by name, id and prefix, and says what it did not find", async () => {
    root = await open("overlay2");
    await load(root, makeArchive({ tag: "127.0.0.1:5000/a/b:c" }));
    const { id } = root.resolve("127.0.0.1:5000/a/b:c");
    for (const text of [id, id.slice(7), id.slice(7, 19), id.slice(0, 20)])
      expect(root.resolve(text).id).toBe(id);
    expect(() => root.resolve("none")).toThrow("No such image: none:latest");
    expect(() => root.resolve("UPPER")).toThrow(
      "invalid reference format: repository name (library/UPPER) must be lowercase",
    );
  });
});
