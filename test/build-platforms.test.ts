/** Builds for other platforms than the engine's, and for several at once. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, OUR_CLI, type Result, startTestEngine } from "./lib/engine.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";

let engine: Engine;
let registry: TestRegistry;
const INDEX = "application/vnd.oci.image.index.v1+json";
const BOTH = "linux/amd64,linux/arm64";

beforeAll(async () => {
  [engine, registry] = await Promise.all([startTestEngine(), startRegistry()]);
}, 60_000);

afterAll(async () => {
  await Promise.all([engine.stop(), registry.stop()]);
});

const build = (dockerfile: string, ...args: string[]): Promise<Result> => {
  const folder = mkdtempSync(join(engine.folder, "context-"));
  writeFileSync(join(folder, "Dockerfile"), dockerfile);
  writeFileSync(join(folder, "f"), "content\n");
  return engine.docker(["build", ...args, folder], { cli: OUR_CLI, env: { DOCKER_BUILDKIT: "1" } });
};

interface Manifest {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { os: string; architecture: string; variant?: string };
}

/** A manifest of the registry, with the descriptor that names it. */
async function manifestOf(tag: string, platform: NonNullable<Manifest["platform"]>): Promise<Manifest> {
  const accept =
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json";
  const response = await fetch(`http://${registry.host}/v2/base/manifests/${tag}`, { headers: { accept } });
  const bytes = Buffer.from(await response.arrayBuffer());
  const digest = `sha256:${new Bun.CryptoHasher("sha256").update(bytes).digest("hex")}`;
  return { mediaType: response.headers.get("content-type")!, digest, size: bytes.length, platform };
}

/** "base:1" in the registry, for amd64 and arm64, each with its architecture in a file. */
async function pushBase(): Promise<string> {
  const manifests: Manifest[] = [];
  for (const architecture of ["amd64", "arm64"]) {
    const name = `${registry.host}/base:${architecture}`;
    const file = "FROM scratch\nARG TARGETARCH\nCOPY <<EOF /arch\n$TARGETARCH\nEOF\n";
    expect(await build(file, "--platform", `linux/${architecture}`, "-t", name)).toMatchObject({ code: 0 });
    await engine.ok("push", name);
    await engine.ok("rmi", name);
    manifests.push(await manifestOf(architecture, { os: "linux", architecture }));
  }
  const answer = await fetch(`http://${registry.host}/v2/base/manifests/1`, {
    method: "PUT",
    headers: { "content-type": INDEX },
    body: JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }),
  });
  expect(answer.status).toBe(201);
  return `${registry.host}/base:1`;
}

describe("one platform", () => {
  test("the image and the arguments say so; a step of another platform is not taken from the cache", async () => {
    const file =
      "FROM scratch\nARG TARGETPLATFORM\nARG TARGETVARIANT\nLABEL for=$TARGETPLATFORM variant=$TARGETVARIANT\nCOPY f /f\n";
    const seen: string[] = [];
    for (const platform of ["linux/amd64", "linux/arm64/v8", "linux/arm/v6", "linux/arm"]) {
      expect(await build(file, "--platform", platform, "-t", "one")).toMatchObject({ code: 0 });
      const format =
        "{{.Os}}/{{.Architecture}}/{{.Variant}} {{.Config.Labels.for}} {{.Config.Labels.variant}}";
      seen.push(await engine.ok("image", "inspect", "-f", format, "one"));
    }
    expect(seen).toEqual([
      "linux/amd64/ linux/amd64",
      "linux/arm64/ linux/arm64",
      "linux/arm/v6 linux/arm/v6 v6",
      "linux/arm/v7 linux/arm/v7 v7",
    ]);
  });
  test("what cannot run here is said before it is tried", async () => {
    expect(
      await build("FROM scratch\nCOPY f /f\n", "--platform", "linux/s390x", "-t", "foreign"),
    ).toMatchObject({ code: 0 });
    const { code, stderr } = await build('FROM foreign\nRUN ["/f"]\n');
    expect(code).toBe(1);
    expect(stderr).toContain("cannot run a command of platform linux/s390x on linux/");
    expect(stderr).toContain("   2 | >>> RUN");
  });
  test("words that are no platform are refused", async () => {
    expect((await build("FROM scratch\nCOPY f /f\n", "--platform", "windows/amd64")).stderr).toContain(
      'operating system "windows" is not supported',
    );
    expect((await build("FROM scratch\nCOPY f /f\n", "--platform", "linux/a/b/c")).stderr).toContain(
      "is an invalid platform",
    );
  });
});

describe("several platforms", () => {
  test("become one index in an OCI layout, each with its own base image", async () => {
    const base = await pushBase();
    const archive = join(engine.folder, "both.tar");
    const file = `FROM --platform=$BUILDPLATFORM busybox AS tools\nARG TARGETARCH\nRUN echo made for $TARGETARCH > /made\nFROM ${base}\nCOPY --from=tools /made /made\n`;
    const args = ["--pull=false", "--platform", BOTH, "-t", "example.org/both:2"];
    const metadata = join(engine.folder, "metadata.json");
    const result = await build(file, ...args, "-o", `type=oci,dest=${archive}`, "--metadata-file", metadata);
    expect(result).toMatchObject({ code: 0 });
    const layout = mkdtempSync(join(engine.folder, "layout-"));
    expect(Bun.spawnSync(["tar", "-xf", archive, "-C", layout]).exitCode).toBe(0);
    const json = (path: string) => JSON.parse(readFileSync(join(layout, path), "utf8"));
    const [only, ...more] = json("index.json").manifests;
    expect(more).toEqual([]);
    expect(only.annotations["io.containerd.image.name"]).toBe("example.org/both:2");
    expect(JSON.parse(readFileSync(metadata, "utf8"))["containerimage.digest"]).toBe(only.digest);
    const blob = (digest: string) => `blobs/sha256/${digest.slice(7)}`;
    const platforms = json(blob(only.digest)).manifests.map(({ platform }: Manifest) => platform);
    expect(platforms).toEqual([
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm64" },
    ]);
    for (const architecture of ["amd64", "arm64"]) {
      const image = mkdtempSync(join(engine.folder, "image-"));
      await registry.skopeo("--override-arch", architecture, "copy", `oci:${layout}:2`, `dir:${image}`);
      const { layers } = JSON.parse(readFileSync(join(image, "manifest.json"), "utf8"));
      const files = layers.map(({ digest }: Manifest) =>
        Bun.spawnSync(["tar", "-xOf", join(image, digest.slice(7))]).stdout.toString(),
      );
      expect(files).toEqual([`${architecture}\n`, `made for ${architecture}\n`]);
    }
  });
  test("become a folder each", async () => {
    const out = join(engine.folder, "folders");
    mkdirSync(out);
    const file = "FROM scratch\nARG TARGETARCH\nCOPY <<EOF /arch\n$TARGETARCH\nEOF\n";
    expect(await build(file, "--platform", BOTH, "-o", out)).toMatchObject({ code: 0 });
    expect(readFileSync(join(out, "linux_amd64/arch"), "utf8")).toBe("amd64\n");
    expect(readFileSync(join(out, "linux_arm64/arch"), "utf8")).toBe("arm64\n");
  });
  test("need an output that can hold them", async () => {
    const file = "FROM scratch\nCOPY f /f\n";
    expect((await build(file, "--platform", BOTH)).stderr).toContain("needs an output");
    expect((await build(file, "--platform", BOTH, "-o", "type=docker,dest=x")).stderr).toContain(
      "cannot be written as type=docker",
    );
  });
  test("an image that has only another platform is not taken for it", async () => {
    const base = `${registry.host}/base:amd64`;
    const { code, stderr } = await build(`FROM ${base}\nCOPY f /f\n`, "--platform", "linux/arm64");
    expect(code).toBe(1);
    expect(stderr).toContain(
      "does not match the specified platform: wanted linux/arm64, actual: linux/amd64",
    );
  });
});
