/** What every storage driver must do, as one suite: each driver's test file calls it with a way to open the driver. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { TarHeader } from "../archive/tar/header.ts";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "../archive/tar/writer.ts";
import type { StorageDriver } from "./driver.ts";

export interface ConformanceOptions {
  /** A new, empty data root. */
  makeRoot(): string;
  open(root: string): Promise<StorageDriver>;
  /** Called with the data root at the end. */
  removeRoot(root: string): void;
}

type Entry = Partial<TarHeader> & Pick<TarHeader, "name" | "type"> & { content?: string };

async function* tarOf(...entries: Entry[]): AsyncGenerator<Uint8Array> {
  for (const { content = "", ...fields } of entries) {
    const size = Buffer.byteLength(content);
    yield encodeHeader(tarHeader({ ...fields, size }));
    yield Buffer.concat([Buffer.from(content), padding(size)]);
  }
  yield END_OF_ARCHIVE;
}

const file = (name: string, content = name): Entry => ({ name, type: "file", content, mtime: 1000 });
const folder = (name: string): Entry => ({ name, type: "directory", mtime: 1000 });

const BASE = [
  folder("etc"),
  file("etc/a"),
  file("etc/b"),
  file("etc/c"),
  folder("opaque"),
  file("opaque/old"),
  folder("gone"),
  file("gone/x"),
  { ...file("setuid"), mode: 0o4711, uid: 5, gid: 6 },
  { name: "hard", type: "link", linkname: "etc/a" } as const,
  { name: "soft", type: "symlink", linkname: "/etc/passwd" } as const,
  { name: "pipe", type: "fifo" } as const,
];
const CHANGE = [
  file("etc/.wh.b", ""),
  file("etc/a", "changed"),
  file("opaque/.wh..wh..opq", ""),
  file("opaque/new"),
  file(".wh.gone", ""),
];
/** The two, one on the other. */
const RESULT = [
  "etc/",
  "etc/a=changed",
  "etc/c=etc/c",
  "hard=etc/a",
  "opaque/",
  "opaque/new=opaque/new",
  "pipe",
  "setuid=setuid",
  "soft",
];

/** All paths below a folder, files with their content. */
function treeOf(root: string, below = ""): string[] {
  return readdirSync(join(root, below))
    .sort()
    .flatMap((name) => {
      const path = below === "" ? name : `${below}/${name}`;
      const stat = lstatSync(join(root, path));
      if (stat.isDirectory()) return [`${path}/`, ...treeOf(root, path)];
      return [stat.isFile() ? `${path}=${readFileSync(join(root, path), "utf8")}` : path];
    });
}

/** Registers the suite's tests; call it within describe(). */
export function conformance({ makeRoot, open, removeRoot }: ConformanceOptions): void {
  let root: string;
  let driver: StorageDriver;
  let count = 0;
  const newID = () => `${(count++).toString(16).padStart(8, "0")}`.padEnd(64, "e");

  beforeAll(async () => {
    root = makeRoot();
    driver = await open(root);
  });
  afterAll(async () => {
    for (const id of await driver.list()) await driver.remove(id);
    await driver.cleanup();
    removeRoot(root);
  });

  const layer = async (parent: string | undefined, entries: Entry[]): Promise<string> => {
    const id = newID();
    await driver.create(id, parent);
    await driver.applyDiff(id, tarOf(...entries));
    return id;
  };
  const seen = async (id: string): Promise<string[]> => {
    const tree = treeOf(await driver.mount(id));
    await driver.unmount(id);
    return tree;
  };
  const container = async (change: (path: string) => void): Promise<[string, string]> => {
    const parent = await layer(undefined, BASE);
    const id = newID();
    await driver.create(id, parent, { writable: true });
    change(await driver.mount(id));
    await driver.unmount(id);
    return [id, parent];
  };

  test("create, exists, list, remove", async () => {
    const id = newID();
    expect(await driver.exists(id)).toBe(false);
    await driver.create(id, undefined);
    expect(await driver.exists(id)).toBe(true);
    expect(await driver.list()).toContain(id);
    await expect(driver.create(id, undefined)).rejects.toThrow("exists already");
    await driver.remove(id);
    await driver.remove(id);
    await driver.create("kept", undefined);
    for (const wrong of ["", ".", "..", "l", "../kept"])
      await expect(driver.remove(wrong)).rejects.toThrow("is no name of a storage layer");
    expect(await driver.exists("kept")).toBe(true);
    expect(await driver.exists(id)).toBe(false);
    expect(await driver.list()).not.toContain(id);
  });

  test("a create that fails leaves nothing", async () => {
    const before = await driver.list();
    await expect(driver.create(newID(), newID())).rejects.toThrow("not found");
    await expect(driver.create(newID(), undefined, { storageOpt: { nonsense: "1" } })).rejects.toThrow();
    expect(await driver.list()).toEqual(before);
  });

  test("layers lie one on the other, with deletions and opaque folders", async () => {
    const base = await layer(undefined, BASE);
    const top = await layer(base, CHANGE);
    expect(await seen(top)).toEqual(RESULT);
    expect(await seen(base)).toContain("gone/x=gone/x");
    const path = await driver.mount(top);
    const { mode, uid, gid } = lstatSync(join(path, "setuid"));
    expect([mode & 0o7777, uid, gid]).toEqual([0o4711, 5, 6]);
    await driver.unmount(top);
  });

  test("thirty layers", async () => {
    let top = await layer(undefined, BASE);
    for (let i = 0; i < 29; i++) top = await layer(top, [file(`f${i}`), file(`.wh.f${i - 1}`, "")]);
    const tree = await seen(top);
    expect(tree).toContain("f28=f28");
    expect(tree).not.toContain("f27=f27");
  });

  test("changes of a container", async () => {
    const [id, parent] = await container((path) => {
      writeFileSync(join(path, "etc/c"), "changed");
      rmSync(join(path, "etc/b"));
      mkdirSync(join(path, "new/deep"), { recursive: true });
      writeFileSync(join(path, "new/deep/file"), "12345");
      rmSync(join(path, "gone"), { recursive: true });
      writeFileSync(join(path, "gone"), "a file now");
    });
    expect(await driver.changes(id, parent)).toEqual([
      { path: "/etc", kind: 0 },
      { path: "/etc/b", kind: 2 },
      { path: "/etc/c", kind: 0 },
      { path: "/gone", kind: 0 },
      { path: "/new", kind: 1 },
      { path: "/new/deep", kind: 1 },
      { path: "/new/deep/file", kind: 1 },
    ]);
    expect(await driver.diffSize(id, parent)).toBe("changed".length + 5 + "a file now".length);
  });

  test("the difference of a container, laid on the same base, gives the same tree", async () => {
    const [id, parent] = await container((path) => {
      rmSync(join(path, "opaque"), { recursive: true });
      mkdirSync(join(path, "opaque"));
      writeFileSync(join(path, "opaque/fresh"), "fresh");
      rmSync(join(path, "gone/x"));
      writeFileSync(join(path, "made"), "made");
      rmSync(join(path, "soft"));
    });
    const copy = newID();
    await driver.create(copy, parent);
    await driver.applyDiff(copy, driver.diff(id, parent));
    expect(await seen(copy)).toEqual(await seen(id));
    expect(await seen(copy)).not.toContain("opaque/old=opaque/old");
  });

  test("a folder of the image can be renamed in a container, and its difference is whole", async () => {
    let renamed = true;
    const [id, parent] = await container((path) => {
      try {
        renameSync(join(path, "etc"), join(path, "moved"));
      } catch (error) {
        // The kernel's overlayfs without redirect_dir says EXDEV, and every program then copies.
        if ((error as { code?: string }).code !== "EXDEV") throw error;
        renamed = false;
      }
    });
    const changed = (await driver.changes(id, parent)).map(({ path }) => path);
    expect(changed).toEqual(renamed ? ["/etc", "/moved", "/moved/a", "/moved/b", "/moved/c"] : []);
  });

  test("mounts are counted", async () => {
    const [id] = await container(() => {});
    const path = await driver.mount(id);
    expect(await driver.mount(id)).toBe(path);
    await driver.unmount(id);
    expect(existsSync(join(path, "etc/a"))).toBe(true);
    await driver.unmount(id);
  });

  test("a mounted layer can be removed", async () => {
    const [id] = await container(() => {});
    await driver.mount(id);
    await driver.remove(id);
    expect(await driver.exists(id)).toBe(false);
  });

  test("openFile() reads what a layer holds, and nothing outside of it", async () => {
    const base = await layer(undefined, BASE);
    await using _ = await driver.access(base);
    const fd = driver.openFile(base, "etc/a");
    const buffer = Buffer.alloc(100);
    expect(buffer.toString("utf8", 0, readSync(fd, buffer))).toBe("etc/a");
    closeSync(fd);
    for (const name of ["soft", "../../../../etc/passwd", "nothing"])
      expect(() => driver.openFile(base, name)).toThrow("ENOENT");
  });

  test("a broken tar fails, and the layer can be removed", async () => {
    const id = newID();
    await driver.create(id, undefined);
    const cut = async function* () {
      yield encodeHeader(tarHeader({ name: "cut", type: "file", size: 100 }));
      yield Buffer.from("short");
    };
    await expect(driver.applyDiff(id, cut())).rejects.toThrow("unexpected EOF");
    await driver.remove(id);
    expect(await driver.list()).not.toContain(id);
  });

  test("a driver that is opened again finds its layers, also those that are mounted", async () => {
    const [id, parent] = await container((path) => writeFileSync(join(path, "kept"), "kept"));
    await driver.mount(id);
    const again = await open(root);
    expect(await again.list()).toEqual(expect.arrayContaining([id, parent]));
    expect(readFileSync(join(await again.mount(id), "kept"), "utf8")).toBe("kept");
    await again.unmount(id);
    await driver.remove(id);
  });
}
