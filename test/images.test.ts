/** The image commands through the whole chain with the stock client, and ids and digests against skopeo and umoci. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { outputOf } from "../hack/lib/command.ts";
import { type Engine, eventually, startTestEngine } from "./lib/engine.ts";
import { type LayeredImage, LISTING, writeLayeredImage } from "./lib/layered-image.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";

let engine: Engine;
let registry: TestRegistry;
let work: string;
let archive: string;
let layered: LayeredImage;

beforeAll(async () => {
  work = mkdtempSync("/tmp/pequod-images-");
  archive = join(work, "layered.tar");
  layered = writeLayeredImage(archive);
  [engine, registry] = await Promise.all([startTestEngine(), startRegistry()]);
});
afterAll(async () => {
  await engine?.stop();
  await registry?.stop();
  rmSync(work, { recursive: true, force: true });
});

const run = async (...command: string[]): Promise<string> => (await outputOf(command, { cwd: work })).trim();
const idOf = (name: string) => engine.ok("image", "inspect", "-f", "{{.Id}}", name);
const fails = async (...args: string[]): Promise<string> => {
  const { code, stderr } = await engine.docker(args);
  expect(code).not.toBe(0);
  return stderr.trim();
};

/** What a failed operation could leave behind in the data root. */
async function storedThings(): Promise<Record<string, number>> {
  const layerdb = join(engine.folder, "root/image/overlay2/layerdb/sha256");
  await eventually(
    "what was removed is gone",
    () => readdirSync(layerdb).filter((name) => name.endsWith("-removing")),
    (left) => left.length === 0,
  );
  const count = (...path: string[]) => {
    const folder = join(engine.folder, "root", ...path);
    return existsSync(folder) ? readdirSync(folder).length : 0;
  };
  return {
    layers: count("image/overlay2/layerdb/sha256"),
    transactions: count("image/overlay2/layerdb/tmp"),
    images: count("image/overlay2/imagedb/content/sha256"),
    folders: count("overlay2"),
    links: count("overlay2/l"),
    temporary: count("tmp"),
  };
}

describe("load, save, tag, rmi, inspect, history", () => {
  test("an image with everything that layers can hold comes in bit-exact and runs", async () => {
    expect(await engine.ok("load", "-i", archive)).toBe("Loaded image: layered:1");
    expect(await idOf("layered:1")).toBe(layered.id);
    expect(await engine.ok("image", "inspect", "-f", "{{json .RootFS.Layers}}", "layered:1")).toBe(
      JSON.stringify(layered.diffIDs),
    );
    const listing = await engine.ok("run", "--rm", "--network", "none", "layered:1", ...LISTING);
    expect(listing).toContain("/bin/setuid regular file 4755 0:0");
    expect(listing).toContain("/zero character special file");
    expect(listing).toContain("/new/absolute symbolic link 777 0:0 '/new/absolute' -> '/etc/passwd'");
    expect(listing).toContain("/ümlaut regular file");
    expect(listing).toContain("/keep/fresh regular file");
    for (const gone of ["/d/b ", "/keep/c ", "/keep/link ", "/new/two ", "/pipe "])
      expect(listing).not.toContain(`\n${gone}`);
  });

  test("save gives an archive that skopeo and umoci read with the same ids", async () => {
    await engine.ok("save", "-o", join(work, "saved.tar"), "layered:1");
    const config = await run("skopeo", "inspect", "--config", "--raw", "docker-archive:saved.tar:layered:1");
    expect(JSON.parse(config).rootfs.diff_ids).toEqual(layered.diffIDs);
    mkdirSync(join(work, "oci"));
    await run("tar", "-C", "oci", "-xf", "saved.tar");
    for (const digest of layered.diffIDs) {
      const blob = readFileSync(join(work, "oci/blobs/sha256", digest.slice(7)));
      expect(`sha256:${createHash("sha256").update(blob).digest("hex")}`).toBe(digest);
    }
    await run("umoci", "raw", "unpack", "--image", "oci:1", "unpacked");
    expect(readFileSync(join(work, "unpacked/etc/motd"), "utf8")).toBe("changed\n");
    expect(existsSync(join(work, "unpacked/d/b"))).toBe(false);
  });

  test("several images in one archive, and one image by id", async () => {
    await engine.ok("tag", "layered:1", "other/name:tag");
    await engine.ok("save", "-o", join(work, "several.tar"), "other/name:tag", "busybox", "layered");
    await engine.ok("rmi", "other/name:tag");
    const loaded = (await engine.ok("load", "-i", join(work, "several.tar"))).split("\n").sort();
    expect(loaded).toEqual([
      "Loaded image: busybox:latest",
      "Loaded image: layered:1",
      "Loaded image: other/name:tag",
    ]);
    await engine.ok("save", "-o", join(work, "id.tar"), layered.id);
    expect(await engine.ok("load", "-q", "-i", join(work, "id.tar"))).toBe(`Loaded image ID: ${layered.id}`);
    await engine.ok("rmi", "other/name:tag");
  });

  test("OCI layouts that skopeo and umoci made come in", async () => {
    await run("skopeo", "copy", "-q", `docker-archive:${archive}`, "oci-archive:oci.tar:some/name:oci");
    expect(await engine.ok("load", "-i", join(work, "oci.tar"))).toBe("Loaded image: some/name:oci");
    const layers = await engine.ok("image", "inspect", "-f", "{{json .RootFS.Layers}}", "some/name:oci");
    expect(layers).toBe(JSON.stringify(layered.diffIDs));
    await engine.ok("rmi", "some/name:oci");
  });

  test("rmi untags, then deletes; in use it refuses in stock's words", async () => {
    await engine.ok("tag", "layered:1", "second:tag");
    expect(await engine.ok("rmi", "second:tag")).toBe("Untagged: second:tag");
    await engine.ok("create", "--name", "user", "layered:1");
    const short = layered.id.slice(7, 19);
    expect(await fails("rmi", "layered:1")).toMatch(
      new RegExp(
        `unable to remove repository reference "layered:1" \\(must force\\) - container [0-9a-f]{12} is using its referenced image ${short}`,
      ),
    );
    await engine.ok("rm", "user");
    expect(await engine.ok("history", "--format", "{{.CreatedBy}}", "layered:1")).toBe(
      "layer 2\nlayer 1\nlayer 0",
    );
    expect((await engine.ok("rmi", "layered:1")).split("\n")).toEqual([
      "Untagged: layered:1",
      `Deleted: ${layered.id}`,
      expect.stringMatching(/^Deleted: sha256:/),
      expect.stringMatching(/^Deleted: sha256:/),
      `Deleted: ${layered.diffIDs[0]}`,
    ]);
    expect(await fails("image", "inspect", "layered:1")).toContain("No such image: layered:1");
  });

  test("changes are instructions: of commit on what the container has, of import on nothing", async () => {
    writeFileSync(join(work, "empty.tar"), Buffer.alloc(1024));
    const importing = ["import", "-c", 'CMD ["old"]', "-c", "ENV A=1", "-c", "ONBUILD RUN x"];
    await engine.ok(...importing, join(work, "empty.tar"), "changed:base");
    await engine.ok("create", "--name", "changed", "changed:base");
    await engine.ok("commit", "-c", 'ENTRYPOINT ["e"]', "-c", "ENV B=$A", "changed", "changed:made");
    const config = "{{json .Config.Cmd}} {{.Config.Entrypoint}} {{.Config.Env}} {{json .Config.OnBuild}}";
    const made = await engine.ok("image", "inspect", "-f", config, "changed:made");
    expect(made).toBe("null [e] [A=1 B=1] null");
    expect(await fails("commit", "-c", 'SHELL ["s"]', "changed", "changed:not")).toContain(
      "shell is not a valid change command",
    );
    expect(await fails("import", "-c", "ENV A", join(work, "empty.tar"))).toEndWith(
      "ENV must have two arguments",
    );
    await engine.ok("rm", "changed");
    await engine.ok("rmi", "changed:base", "changed:made");
  });

  test("import, export and commit make images of what is there", async () => {
    await engine.ok(
      "run",
      "--name",
      "made",
      "--network",
      "none",
      "busybox",
      "sh",
      "-c",
      "echo new > /made; rm -r /home",
    );
    expect((await engine.ok("diff", "made")).split("\n").sort()).toEqual(["A /made", "D /home"]);
    await engine.ok("commit", "-a", "me", "-m", "why", "-c", "CMD cat /made", "made", "committed:1");
    expect(await engine.ok("run", "--rm", "--network", "none", "committed:1")).toBe("new");
    expect(
      await engine.ok(
        "image",
        "inspect",
        "-f",
        "{{.Author}} {{.Comment}} {{len .RootFS.Layers}}",
        "committed:1",
      ),
    ).toBe("me why 2");
    await engine.ok("export", "-o", join(work, "export.tar"), "made");
    expect(await run("tar", "-tf", "export.tar")).toContain("\nmade\n");
    await engine.ok(
      "import",
      "-c",
      'ENTRYPOINT ["cat"]',
      "-m",
      "flat",
      join(work, "export.tar"),
      "imported:1",
    );
    expect(await engine.ok("run", "--rm", "--network", "none", "imported:1", "/made")).toBe("new");
    await engine.ok("rm", "made");
    await engine.ok("rmi", "committed:1", "imported:1");
  });

  test("import takes what gzip, bzip2, xz and zstd have packed", async () => {
    await run("sh", "-ec", "mkdir -p packed/etc; echo in > packed/etc/file; tar -C packed -cf plain.tar etc");
    for (const program of ["gzip", "bzip2", "xz", "zstd"]) {
      await run("sh", "-ec", `${program} -c plain.tar > packed.tar`);
      await engine.ok("import", join(work, "packed.tar"), `imported:${program}`);
    }
    const format = "{{json .RootFS.Layers}}";
    const names = ["gzip", "bzip2", "xz", "zstd"].map((program) => `imported:${program}`);
    const layers = (await engine.ok("image", "inspect", "-f", format, ...names)).split("\n");
    const digest = createHash("sha256")
      .update(readFileSync(join(work, "plain.tar")))
      .digest("hex");
    expect(new Set(layers)).toEqual(new Set([JSON.stringify([`sha256:${digest}`])]));
    await engine.ok("rmi", ...names);
  });

  test("prune takes the further names of an image that a container uses, but never its last one", async () => {
    await engine.ok("create", "--name", "user", "busybox");
    await engine.ok("tag", "busybox", "another:name");
    expect(await engine.ok("image", "prune", "-af", "--filter", "label!=none")).toContain(
      "untagged: another:name",
    );
    expect(await engine.ok("images", "--format", "{{.Repository}}:{{.Tag}}")).toBe("busybox:latest");
    await engine.ok("rm", "user");
  });

  test("commit pauses a container that runs, unless told not to, and lets it run on", async () => {
    await engine.ok("run", "-d", "--name", "running", "--network", "none", "busybox", "sleep", "3600");
    const pauses = async (...flags: string[]) => {
      const since = String(Date.now() / 1000);
      await engine.ok("commit", ...flags, "running", "running:1");
      const until = String(Date.now() / 1000);
      const filters = ["container=running", "event=pause", "event=unpause"].flatMap((one) => ["-f", one]);
      return engine.ok("events", "--since", since, "--until", until, ...filters, "--format", "{{.Action}}");
    };
    expect(await pauses()).toBe("pause\nunpause");
    expect(await engine.ok("inspect", "-f", "{{.State.Status}}", "running")).toBe("running");
    expect(await pauses("--pause=false")).toBe("");
    await engine.ok("rm", "-f", "running");
    await engine.ok("rmi", "running:1");
  });
});

describe("push and pull", () => {
  test("save | load | push | pull keeps ids; skopeo and the registry agree on the digest", async () => {
    await engine.ok("load", "-i", archive);
    const name = `${registry.host}/mine/layered:1`;
    await engine.ok("tag", "layered:1", name);
    const pushed = await engine.ok("push", name);
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(pushed)![1];
    const remote = JSON.parse(await registry.skopeo("inspect", "--tls-verify=false", `docker://${name}`));
    expect(remote.Digest).toBe(digest);
    const raw = JSON.parse(
      await registry.skopeo("inspect", "--raw", "--tls-verify=false", `docker://${name}`),
    );
    expect(raw.config.digest).toBe(layered.id);
    await engine.ok("rmi", name, "layered:1");
    await engine.ok("pull", name);
    expect(await idOf(name)).toBe(layered.id);
    await engine.ok("save", "-o", join(work, "pulled.tar"), name);
    await run("skopeo", "copy", "-q", "docker-archive:pulled.tar", "dir:pulled");
    for (const diffID of layered.diffIDs)
      expect(existsSync(join(work, "pulled", diffID.slice(7)))).toBe(true);
    await engine.ok("rmi", name);
  });

  test("zstd and gzip layers, OCI and Docker manifests", async () => {
    for (const [format, compression] of [
      ["v2s2", "gzip"],
      ["oci", "gzip"],
      ["oci", "zstd"],
    ] as const) {
      const name = `${registry.host}/${format}/${compression}:1`;
      await registry.skopeo(
        "copy",
        "-q",
        "-f",
        format,
        "--dest-compress-format",
        compression,
        "--dest-tls-verify=false",
        `docker-archive:${archive}`,
        `docker://${name}`,
      );
      await engine.ok("pull", name);
      const layers = await engine.ok("image", "inspect", "-f", "{{json .RootFS.Layers}}", name);
      expect(layers).toBe(JSON.stringify(layered.diffIDs));
      await engine.ok("rmi", name);
    }
  });
});

describe("bad input leaves nothing half-made", () => {
  const bad = (what: string, damage: (folder: string) => void, message: string) =>
    test(what, async () => {
      const before = await storedThings();
      const path = join(work, "bad.tar");
      writeLayeredImage(path, { tag: "bad:1", damage });
      expect(await fails("load", "-i", path)).toContain(message);
      expect(await fails("image", "inspect", "bad:1")).toContain("No such image: bad:1");
      expect(await storedThings()).toEqual(before);
    });
  const edit = (folder: string, name: string, change: (text: string) => string) =>
    writeFileSync(join(folder, name), change(readFileSync(join(folder, name), "utf8")));

  bad(
    "a layer of another digest",
    (folder) => Bun.spawnSync(["cp", "0.tar", "2.tar"], { cwd: folder }),
    "but sha256:",
  );
  bad(
    "a layer that is cut",
    (folder) => Bun.spawnSync(["truncate", "-s", "700", "2.tar"], { cwd: folder }),
    "layer 2.tar of the archive: unexpected EOF",
  );
  bad(
    "a layer that is missing",
    (folder) => rmSync(join(folder, "1.tar")),
    "1.tar, which it names, is not in it",
  );
  bad(
    "a manifest that is not JSON",
    (folder) => edit(folder, "manifest.json", () => "{"),
    "manifest.json is not JSON",
  );
  bad(
    "a manifest that leads out",
    (folder) => edit(folder, "manifest.json", (text) => text.replace("2.tar", "../../../etc/passwd")),
    "invalid image archive",
  );
  bad(
    "fewer layers than the configuration has",
    (folder) => edit(folder, "manifest.json", (text) => text.replace(',"2.tar"', "")),
    "layers length mismatch",
  );
  bad("a configuration without layers", (folder) => edit(folder, "config.json", () => "{}"), "no RootFS");
  bad(
    "a configuration with a list of variables that is none",
    (folder) => edit(folder, "config.json", (text) => text.replace('["PATH=/bin"]', '{"PATH":"/bin"}')),
    "config.Env is not of its type",
  );
  bad(
    "an image for another operating system",
    (folder) => edit(folder, "config.json", (text) => text.replace('"os":"linux"', '"os":"windows"')),
    "cannot load windows image on linux",
  );
  bad(
    "a digest as a tag",
    (folder) =>
      edit(folder, "manifest.json", (text) => text.replace("bad:1", `bad@sha256:${"0".repeat(64)}`)),
    'invalid tag "bad@sha256:',
  );
  bad(
    "a name that is none",
    (folder) => edit(folder, "manifest.json", (text) => text.replace("bad:1", "BAD:1")),
    "invalid reference format",
  );

  test("an archive that is none, or none to the end", async () => {
    const before = await storedThings();
    for (const [bytes, message] of [
      [Buffer.from("no tar at all"), "unexpected EOF"],
      [Buffer.alloc(100_000, 7), "invalid tar header"],
      [readFileSync(archive).subarray(0, 1_000_000), "unexpected EOF"],
    ] as const) {
      const { code, stderr } = await engine.docker(["load"], { stdin: bytes });
      expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
    }
    expect(await storedThings()).toEqual(before);
  });

  test("a blob in the registry that is not what its digest says", async () => {
    const name = `${registry.host}/damaged/image:1`;
    await registry.skopeo(
      "copy",
      "-q",
      "--dest-tls-verify=false",
      `docker-archive:${archive}`,
      `docker://${name}`,
    );
    const manifest = JSON.parse(
      await registry.skopeo("inspect", "--raw", "--tls-verify=false", `docker://${name}`),
    );
    const hex = manifest.layers[1].digest.slice(7);
    const blob = join(registry.folder, "data/docker/registry/v2/blobs/sha256", hex.slice(0, 2), hex, "data");
    const right = readFileSync(blob);
    writeFileSync(blob, Buffer.from(right).fill(0x55, right.length - 20));
    const before = await storedThings();
    expect(await fails("pull", name)).toContain("filesystem layer verification failed for digest sha256:");
    expect(await storedThings()).toEqual(before);
    writeFileSync(blob, right);
    await engine.ok("pull", name);
    expect(await idOf(name)).toBe(layered.id);
    expect(readdirSync(join(engine.folder, "root/image/overlay2/downloads"))).toEqual([]);
    await engine.ok("rmi", name);
  });
});
