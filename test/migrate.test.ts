/** `dockerd migrate`: images, containers and their changes come over, also when it is killed in the middle. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { startChain } from "../hack/lib/chain.ts";
import { pack } from "../src/archive/pack.ts";
import { unpack } from "../src/archive/unpack.ts";
import { BIN, STOCK_CLI } from "./lib/engine.ts";
import { type LayeredImage, LISTING, writeLayeredImage } from "./lib/layered-image.ts";

let work: string;
let image: LayeredImage;
/** A data root on overlay2 with an image of three layers, one committed from a container, and two containers. */
let original: string;
let listing: string;

type Docker = (...args: string[]) => string;

async function withEngine(root: string, use: (docker: Docker) => void): Promise<void> {
  const folder = mkdtempSync(join(work, "engine-"));
  const chain = await startChain({
    folder,
    client: STOCK_CLI,
    daemonPrograms: BIN,
    flags: ["--data-root", root],
  });
  try {
    use((...args) => {
      const { code, output } = chain.docker(...args);
      if (code !== 0) throw new Error(`docker ${args.join(" ")}: ${output}`);
      return output.trim();
    });
  } finally {
    await chain.stop();
  }
}

const RUN = ["--network", "none"];
const CHANGE =
  "rm /keep/fresh; rm -r /d; mkdir /d; echo new > /d/new; echo more >> /etc/motd; chmod 700 /new; ln -s x /link";

beforeAll(async () => {
  work = mkdtempSync("/tmp/pequod-migrate-");
  original = join(work, "original");
  image = writeLayeredImage(join(work, "image.tar"));
  await withEngine(original, (docker) => {
    docker("load", "-i", join(work, "image.tar"));
    docker("run", "--name", "changed", ...RUN, "layered:1", "sh", "-c", CHANGE);
    docker("commit", "changed", "committed:1");
    docker("create", "--name", "fresh", ...RUN, "committed:1", "cat", "/d/new");
    listing = docker("run", "--rm", ...RUN, "committed:1", ...LISTING);
  });
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const copyOf = (name: string): string => {
  const root = join(work, name);
  expect(Bun.spawnSync(["cp", "-a", original, root]).exitCode).toBe(0);
  return root;
};

function migrate(root: string, from: string, to: string, ...flags: string[]) {
  const child = Bun.spawnSync([
    join(BIN, "dockerd"),
    "migrate",
    "--from",
    from,
    "--to",
    to,
    "-g",
    root,
    ...flags,
  ]);
  return { code: child.exitCode, stdout: child.stdout.toString(), stderr: child.stderr.toString() };
}

async function expectWhole(root: string, driver: string): Promise<void> {
  await withEngine(root, (docker) => {
    expect(docker("info", "-f", "{{.Driver}}")).toBe(driver);
    expect(docker("image", "inspect", "-f", "{{.Id}}", "layered:1")).toBe(image.id);
    expect(docker("run", "--rm", ...RUN, "committed:1", ...LISTING)).toBe(listing);
    expect(docker("start", "-a", "fresh")).toBe("new");
    expect(docker("diff", "changed").split("\n")).toEqual(
      expect.arrayContaining(["D /keep/fresh", "A /d/new", "C /etc/motd", "C /new", "A /link"]),
    );
    docker("save", "-o", join(work, "saved.tar"), "layered:1");
    docker("rm", "changed", "fresh");
    docker("rmi", "committed:1", "layered:1");
    docker("load", "-i", join(work, "saved.tar"));
    expect(docker("image", "inspect", "-f", "{{.Id}}", "layered:1")).toBe(image.id);
  });
}

/** Makes an aufs data root of one on overlay2, laid out as stock Docker's driver did. */
async function toAufs(root: string): Promise<void> {
  const from = join(root, "overlay2");
  const place = (kind: string, id: string) => join(root, "aufs", kind, id);
  for (const id of readdirSync(from).filter((name) => name !== "l")) {
    for (const kind of ["diff", "mnt"]) mkdirSync(place(kind, id), { recursive: true });
    mkdirSync(join(root, "aufs/layers"), { recursive: true });
    const lower = existsSync(join(from, id, "lower"))
      ? readFileSync(join(from, id, "lower"), "utf8").split(":")
      : [];
    writeFileSync(place("layers", id), lower.join("\n"));
    await unpack(pack(join(from, id, "diff"), { whiteouts: "overlay" }), place("diff", id), {
      whiteouts: "keep",
    });
    mkdirSync(join(place("diff", id), ".wh..wh.plnk"));
    writeFileSync(join(place("diff", id), ".wh..wh.aufs"), "");
  }
  renameSync(join(root, "image/overlay2"), join(root, "image/aufs"));
  rmSync(from, { recursive: true });
  for (const id of readdirSync(join(root, "containers"))) {
    const path = join(root, "containers", id, "config.v2.json");
    writeFileSync(path, readFileSync(path, "utf8").replace('"Driver":"overlay2"', '"Driver":"aufs"'));
  }
}

describe("dockerd migrate", () => {
  test.each(["vfs", "fuse-overlayfs"])("overlay2 to %s and back", async (driver) => {
    if (driver === "fuse-overlayfs" && Bun.which("fuse-overlayfs") === null) return;
    const root = copyOf(`to-${driver}`);
    expect(migrate(root, "overlay2", driver).stderr).toBe("");
    expect([existsSync(join(root, "overlay2")), existsSync(join(root, "image/overlay2"))]).toEqual([
      false,
      false,
    ]);
    const there = cpRoot(root);
    await expectWhole(there, driver);
    const back = migrate(root, driver, "overlay2");
    expect(back.stdout).toContain("container ");
    expect(back).toMatchObject({ code: 0, stderr: "" });
    await expectWhole(root, "overlay2");
  });

  const cpRoot = (root: string): string => {
    expect(Bun.spawnSync(["cp", "-a", root, `${root}-copy`]).exitCode).toBe(0);
    return `${root}-copy`;
  };

  test("from aufs, whose layers this kernel cannot mount; dockerd names the cure", async () => {
    const root = copyOf("aufs");
    await toAufs(root);
    await expect(withEngine(root, () => {})).rejects.toThrow(
      `[graphdriver] prior storage driver "aufs" failed: driver not supported (kernels since 4.18 and Docker since 24 have no aufs; its layers can still be read: \`dockerd migrate --from aufs --to overlay2 -g ${root}\``,
    );
    expect(migrate(root, "aufs", "overlay2", "--keep")).toMatchObject({ code: 0, stderr: "" });
    expect(existsSync(join(root, "aufs.migrated/diff"))).toBe(true);
    await expectWhole(root, "overlay2");
  });

  test("killed at any point it goes on, and nothing is lost", async () => {
    const root = copyOf("killed");
    const copied = () => (existsSync(join(root, "vfs/dir")) ? readdirSync(join(root, "vfs/dir")).length : 0);
    // Well before the last one: a quick machine would have finished by the time that the kill arrives.
    for (const folders of [1, 2, 3]) {
      const child = Bun.spawn(
        [join(BIN, "dockerd"), "migrate", "--from", "overlay2", "--to", "vfs", "-g", root],
        { stdout: "ignore", stderr: "ignore" },
      );
      while (copied() < folders && child.exitCode === null) await Bun.sleep(1);
      child.kill(9);
      await child.exited;
      expect(existsSync(join(root, "overlay2"))).toBe(true);
      await expect(withEngine(root, () => {})).rejects.toThrow(
        "from overlay2 to vfs was interrupted: finish it with",
      );
    }
    expect(migrate(root, "overlay2", "btrfs").stderr).toContain("from overlay2 to vfs was interrupted");
    const finished = migrate(root, "overlay2", "vfs");
    expect(finished).toMatchObject({ code: 0, stderr: "" });
    expect(finished.stdout).toContain("going on with an interrupted migration");
    await expectWhole(root, "vfs");
  });

  test("a damaged layer stops it, and leaves the old copy and nothing else", async () => {
    const root = copyOf("damaged");
    const records = join(root, "image/overlay2/layerdb/sha256");
    const motd = readdirSync(records)
      .map((id) => readFileSync(join(records, id, "cache-id"), "utf8"))
      .map((id) => join(root, "overlay2", id, "diff/etc/motd"))
      .find(existsSync)!;
    writeFileSync(motd, "tampered with");
    const before = readdirSync(root).sort();
    const { code, stderr } = migrate(root, "overlay2", "vfs");
    expect(code).toBe(8);
    expect(stderr).toMatch(
      /^dockerd migrate: layer sha256:[0-9a-f]{64} of overlay2 cannot be copied: .*etc\/motd/,
    );
    expect(readdirSync(root).sort()).toEqual(before);
    expect(readdirSync(join(root, "image"))).toEqual(["overlay2"]);
  });

  test("what cannot be is refused", () => {
    const root = copyOf("refused");
    const says = (from: string, to: string) => migrate(root, from, to).stderr;
    expect(says("overlay2", "overlay2")).toContain("--from and --to are both overlay2");
    expect(says("vfs", "overlay2")).toContain(
      "has no images of storage driver vfs (it has those of: overlay2)",
    );
    expect(says("overlay2", "nonsense")).toContain("driver not supported");
    expect(migrate(join(root, "none"), "vfs", "overlay2").stderr).toContain("no such folder");
    cpSync(join(root, "image/overlay2"), join(root, "image/vfs"), { recursive: true });
    expect(says("overlay2", "vfs")).toContain("has layers of vfs already");
  });
});
