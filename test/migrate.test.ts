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

  /**
   * The counts go round, so that a run dies at the first point that it passes, then one at the second and so on, until
   * the fifth has the migration a step further: a layer passes four, a container three.
   */
  test("killed over and over, at each point of each step, it goes on, and nothing is lost", async () => {
    const whole = copyOf("unkilled");
    expect(migrate(whole, "overlay2", "vfs").code).toBe(0);
    const root = copyOf("killed");
    const seen = new Map<string, number>();
    for (let run = 0; ; run++) {
      const { signal, phase } = await killedAt(root, (run % 5) + 1);
      if (signal !== "SIGKILL") {
        expect({ run, signal, phase }).toEqual({ run, signal: null, phase: "before" });
        break;
      }
      seen.set(phase, (seen.get(phase) ?? 0) + 1);
      if (phase !== "remove") expect(readdirSync(join(root, "image"))).toContain("overlay2");
    }
    expect([...seen.keys()]).toEqual(["before", "copy", "switch", "remove"]);
    expect(contentsOf(root)).toEqual(contentsOf(whole));
    expect(readdirSync(root).sort()).toEqual(readdirSync(whole).sort());
    expect(readdirSync(join(root, "image"))).toEqual(["vfs"]);
    const checked = Bun.spawnSync([join(BIN, "dockerd"), "fsck", "-g", root]);
    expect(checked.stdout.toString()).toEndWith("all is right\n");
    await expectWhole(root, "vfs");
  });

  let deaths = 0;
  /** Has migrate die at the fault point that it passes as the count-th; tells the phase that it was in. */
  async function killedAt(root: string, count: number): Promise<{ signal: unknown; phase: string }> {
    const fault = join(work, "fault");
    writeFileSync(fault, `dockerd:*:${count}:${join(work, `died-${deaths++}`)}\n`);
    const child = Bun.spawn(
      [join(BIN, "dockerd"), "migrate", "--from", "overlay2", "--to", "vfs", "-g", root],
      { stdout: "ignore", stderr: "ignore", env: { ...process.env, PEQUOD_FAULT: fault } },
    );
    await child.exited;
    const record = join(root, "migrate.json");
    const phase = existsSync(record) ? String(JSON.parse(readFileSync(record, "utf8")).phase) : "before";
    return { signal: child.signalCode, phase };
  }

  /** All that a data root on vfs holds, by the names of layers and containers rather than by those of folders. */
  function contentsOf(root: string): Record<string, string> {
    const records = join(root, "image/vfs/layerdb");
    const list = (folder: string) => {
      const script =
        'find . -printf "%P %y %m %U:%G %l\\n" | sort; find . -type f -print0 | sort -z | xargs -0r sha256sum';
      const { stdout, exitCode } = Bun.spawnSync(["bash", "-ec", script], { cwd: folder });
      expect(exitCode).toBe(0);
      return new Bun.CryptoHasher("sha256").update(stdout).digest("hex");
    };
    const tree = (file: string) => list(join(root, "vfs/dir", readFileSync(file, "utf8")));
    const of = (kind: string, file: string) =>
      readdirSync(join(records, kind)).map((name) => [name, tree(join(records, kind, name, file))]);
    const drivers = readdirSync(join(root, "containers")).map((id) => {
      const path = join(root, "containers", id, "config.v2.json");
      return [`${id} driver`, JSON.parse(readFileSync(path, "utf8")).Driver];
    });
    return Object.fromEntries([...of("sha256", "cache-id"), ...of("mounts", "mount-id"), ...drivers]);
  }

  test("dockerd refuses a root that is half migrated, and migrate another direction", async () => {
    const root = copyOf("half");
    expect((await killedAt(root, 6)).signal).toBe("SIGKILL");
    await expect(withEngine(root, () => {})).rejects.toThrow(
      "from overlay2 to vfs was interrupted: finish it with",
    );
    expect(migrate(root, "overlay2", "btrfs").stderr).toContain("from overlay2 to vfs was interrupted");
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
