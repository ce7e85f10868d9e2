/** `dockerd fsck` on a data root that is damaged on purpose, one way after the other. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { type Chain, startChain } from "../hack/lib/chain.ts";
import { readBolt } from "../src/files/bolt/read.ts";
import { writeBolt } from "../src/files/bolt/write.ts";
import { BIN, STOCK_CLI } from "./lib/engine.ts";
import { type LayeredImage, writeLayeredImage } from "./lib/layered-image.ts";

let work: string;
let image: LayeredImage;
/** On overlay2: layered:1, without a container; busybox, with the container "box". */
let original: string;
let box: string;

async function withEngine<T>(root: string, use: (docker: (...args: string[]) => string) => T): Promise<T> {
  const folder = mkdtempSync(join(work, "engine-"));
  const chain: Chain = await startChain({
    folder,
    client: STOCK_CLI,
    daemonPrograms: BIN,
    flags: ["--data-root", root],
  });
  try {
    return use((...args) => {
      const { code, output } = chain.docker(...args);
      if (code !== 0) throw new Error(`docker ${args.join(" ")}: ${output}`);
      return output.trim();
    });
  } finally {
    await chain.stop();
  }
}

beforeAll(async () => {
  work = mkdtempSync("/tmp/pequod-fsck-");
  original = join(work, "original");
  image = writeLayeredImage(join(work, "layered.tar"));
  writeBusyboxImage(join(work, "busybox.tar"));
  box = await withEngine(original, (docker) => {
    docker("load", "-i", join(work, "layered.tar"));
    docker("load", "-i", join(work, "busybox.tar"));
    docker("network", "create", "--subnet", "10.123.0.0/24", "--label", "a=b", "net");
    docker("volume", "create", "--label", "c=d", "data");
    const run = ["--network", "none", "-v", "data:/data", "busybox", "echo", "works"];
    return docker("create", "--name", "box", ...run);
  });
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

let copies = 0;
const copy = (): string => {
  const root = join(work, `root${copies++}`);
  expect(Bun.spawnSync(["cp", "-a", original, root]).exitCode).toBe(0);
  return root;
};
const fsck = (root: string, ...flags: string[]) => {
  const child = Bun.spawnSync([join(BIN, "dockerd"), "fsck", "-g", root, ...flags]);
  return { code: child.exitCode, output: child.stdout.toString() + child.stderr.toString() };
};

const at = (root: string, ...parts: string[]) => join(root, "image/overlay2", ...parts);
const hexOf = (digest: string) => digest.slice("sha256:".length);
const cacheOf = (root: string, chainID: string) =>
  join(root, "overlay2", readFileSync(at(root, "layerdb/sha256", hexOf(chainID), "cache-id"), "utf8"));
/** The folder in overlay2 that has a file. */
const layerWith = (root: string, path: string): string =>
  readdirSync(join(root, "overlay2"))
    .map((id) => join(root, "overlay2", id))
    .find((folder) => existsSync(join(folder, "diff", path)))!;

interface Damage {
  what: string;
  damage(root: string): void;
  says: string;
  /** Exit code of --repair; 1: all repaired. */
  code: number;
  /** True if layered:1 has to be loaded again afterwards. */
  loses?: boolean;
}

const DAMAGES: Damage[] = [
  {
    what: "a file of a layer",
    damage: (root) => writeFileSync(join(layerWith(root, "etc/motd"), "diff/etc/motd"), "tampered"),
    says: 'file integrity checksum failed for "./etc/motd"',
    code: 1,
    loses: true,
  },
  {
    what: "a layer below others",
    damage: (root) => rmSync(cacheOf(root, image.diffIDs[0]!), { recursive: true }),
    says: "is not there",
    code: 1,
    loses: true,
  },
  {
    what: "an image's configuration",
    damage: (root) => writeFileSync(at(root, "imagedb/content/sha256", hexOf(image.id)), "{}"),
    says: "its configuration has digest sha256:",
    code: 1,
    loses: true,
  },
  {
    what: "repositories.json",
    damage: (root) => writeFileSync(at(root, "repositories.json"), "{"),
    says: "the names of images cannot be read",
    code: 1,
    loses: true,
  },
  {
    what: "short names and lists of overlay2",
    damage: (root) => {
      rmSync(join(root, "overlay2/l"), { recursive: true });
      mkdirSync(join(root, "overlay2/l"));
      symlinkSync("../nothing/diff", join(root, "overlay2/l/DANGLING"));
      writeFileSync(join(layerWith(root, "etc/motd"), "lower"), "l/NONSENSE");
    },
    says: "its list of the layers below is wrong",
    code: 1,
  },
  {
    what: "what crashes leave",
    damage: (root) => {
      mkdirSync(at(root, "layerdb/tmp/write-set-1"));
      mkdirSync(join(root, "overlay2/orphan/diff"), { recursive: true });
      writeFileSync(join(root, "overlay2/orphan/link"), "ORPHAN");
      symlinkSync("../orphan/diff", join(root, "overlay2/l/ORPHAN"));
      mkdirSync(at(root, "layerdb/mounts/gone"));
      writeFileSync(at(root, "layerdb/mounts/gone/mount-id"), "nothing");
      mkdirSync(join(root, "tmp/docker-import-1"), { recursive: true });
      mkdirSync(at(root, "imagedb/metadata/sha256", "0".repeat(64)), { recursive: true });
      mkdirSync(at(root, "distribution/diffid-by-digest/sha256"), { recursive: true });
      writeFileSync(at(root, "distribution/diffid-by-digest/sha256/abc"), "nonsense");
    },
    says: "no image and no container has it",
    code: 1,
  },
];

interface DatabaseDamage {
  what: string;
  damage(root: string): void;
  says: string[];
  /** What is there after the repair as it was. */
  keeps: { network: boolean; labels: boolean };
}

const volumesOf = (root: string) => join(root, "volumes/metadata.db");
const networksOf = (root: string, name: string) => join(root, "network/files", name);

const DATABASES: DatabaseDamage[] = [
  {
    what: "the database of networks, from our own list",
    damage: (root) => writeFileSync(networksOf(root, "local-kv.db"), "nonsense"),
    says: ["local-kv.db: it cannot be used: ", "--repair would move it to"],
    keeps: { network: true, labels: true },
  },
  {
    what: "our own list of networks, from the database",
    damage: (root) => writeFileSync(networksOf(root, "networks.json"), '{"networks":'),
    says: ["networks.json: it cannot be used: "],
    keeps: { network: true, labels: true },
  },
  {
    what: "both lists of networks, which are then lost",
    damage(root) {
      for (const name of ["networks.json", "local-kv.db"]) writeFileSync(networksOf(root, name), "");
    },
    says: ["networks.json: it cannot be used: ", "networks are lost"],
    keeps: { network: false, labels: true },
  },
  {
    what: "entries of the database of networks",
    damage(root) {
      const path = networksOf(root, "local-kv.db");
      const entries = readBolt(path).get("libnetwork")!;
      const value = (text: string) => Buffer.concat([Buffer.alloc(8), Buffer.from(text)]);
      entries.set("docker/network/v1.0/network/abc/", value("{"));
      entries.set("docker/network/v1.0/bridge/def/", value('{"ID":"def"}'));
      writeBolt(path, new Map([["libnetwork", entries]]));
    },
    says: ["network/abc/: it cannot be used", "bridge/def/: network def is not there"],
    keeps: { network: true, labels: true },
  },
  {
    what: "the database of volumes, whose labels are lost",
    damage: (root) => writeFileSync(volumesOf(root), Buffer.alloc(16384)),
    says: ["metadata.db: it cannot be read", "volumes stay, without their labels"],
    keeps: { network: true, labels: false },
  },
  {
    what: "entries of the database of volumes",
    damage(root) {
      const entries = readBolt(volumesOf(root)).get("volumes")!;
      entries.set("gone", Buffer.from('{"Name":"gone","Driver":"local","Labels":null,"Options":null}'));
      entries.set("odd", Buffer.from("{"));
      writeBolt(volumesOf(root), new Map([["volumes", entries]]));
      mkdirSync(join(root, "volumes/half"));
    },
    says: [
      "there is no such volume",
      "volume odd: its record in metadata.db cannot be read",
      "volume half: an interrupted",
    ],
    keeps: { network: true, labels: true },
  },
];

describe("dockerd fsck", () => {
  test("a sound data root is all right, and stays as it is", () => {
    const root = copy();
    const { code, output } = fsck(root, "--repair");
    expect(output).toEndWith(`${root}: all is right\n`);
    expect(code).toBe(0);
  });

  test.each(DAMAGES)("repairs $what", async ({ damage, says, code, loses }) => {
    const root = copy();
    damage(root);
    const found = fsck(root);
    expect(found.output).toContain(says);
    expect(found.code).toBe(4);
    expect(fsck(root)).toEqual(found);
    const repaired = fsck(root, "--repair");
    expect([repaired.code, repaired.output]).toEqual([code, expect.stringContaining("    repaired: ")]);
    expect(fsck(root).output).toEndWith(`${root}: all is right\n`);
    await withEngine(root, (docker) => {
      if (loses) docker("load", "-i", join(work, "layered.tar"));
      expect(docker("run", "--rm", "--network", "none", "layered:1", "cat", "/etc/motd")).toBe("changed");
      expect(docker("start", "-a", "box")).toBe("works");
    });
  });

  test.each(DATABASES)("repairs $what", async ({ damage, says, keeps }) => {
    const root = copy();
    damage(root);
    const found = fsck(root);
    for (const one of says) expect(found.output).toContain(one);
    expect(found.code).toBe(4);
    const repaired = fsck(root, "--repair");
    expect([repaired.code, repaired.output]).toEqual([1, expect.stringContaining("    repaired: ")]);
    expect(fsck(root).output).toEndWith(`${root}: all is right\n`);
    await withEngine(root, (docker) => {
      const network = "{{(index .IPAM.Config 0).Subnet}} {{.Labels}}";
      if (keeps.network)
        expect(docker("network", "inspect", "-f", network, "net")).toBe("10.123.0.0/24 map[a:b]");
      expect(docker("volume", "inspect", "-f", "{{.Labels}}", "data")).toBe(
        keeps.labels ? "map[c:d]" : "map[]",
      );
      expect(docker("start", "-a", "box")).toBe("works");
    });
  });

  test("a damaged database of networks stops dockerd, which names the cure; a lost volume is told of", async () => {
    const root = copy();
    writeFileSync(join(root, "network/files/local-kv.db"), "nonsense");
    await expect(withEngine(root, () => {})).rejects.toThrow("`dockerd fsck --repair` sets it right");
    expect(fsck(root, "--repair").code).toBe(1);
    rmSync(join(root, "volumes/data"), { recursive: true });
    const { code, output } = fsck(root, "--repair");
    expect(code).toBe(4);
    expect(output).toContain("volume data: metadata.db has a record of it, but there is no such volume");
    expect(output).toContain(
      `container ${box.slice(0, 12)}: its volume data, mounted on /data, is not there`,
    );
  });

  test("what a container stands on is reported, never removed", () => {
    const root = copy();
    const parent = readFileSync(at(root, "layerdb/mounts", box, "parent"), "utf8");
    writeFileSync(join(cacheOf(root, parent), "diff/etc/passwd"), "");
    const { code, output } = fsck(root, "--repair");
    expect(output).toContain(`containers are made on it: ${box.slice(0, 12)}`);
    expect(code).toBe(4);
    expect(existsSync(cacheOf(root, parent))).toBe(true);
    writeFileSync(join(root, "containers", box, "config.v2.json"), "{");
    rmSync(at(root, "layerdb/mounts", box), { recursive: true });
    expect(fsck(root).output).toContain(
      `container ${box.slice(0, 12)}: ${root}/containers/${box}/config.v2.json cannot be read`,
    );
  });

  test("what is no data root is refused, and one in use as well", async () => {
    expect(fsck(join(work, "none"))).toEqual({
      code: 8,
      output: `dockerd fsck: data root ${work}/none: no such folder\n`,
    });
    mkdirSync(join(work, "empty"));
    expect(fsck(join(work, "empty")).output).toContain("has no images: is it a data root?");
    await withEngine(original, () =>
      expect(fsck(original).output).toContain("another dockerd is using the data root"),
    );
  });
});
