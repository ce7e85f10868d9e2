import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { writeBusyboxImage } from "../hack/lib/busybox-image.ts";
import { type Engine, OUR_CLI, STOCK_CLI, startTestEngine } from "./lib/engine.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";

let engine: Engine;
let registry: TestRegistry;
let guarded: TestRegistry;

beforeAll(async () => {
  const hash = await Bun.password.hash("secret", { algorithm: "bcrypt", cost: 4 });
  [registry, guarded] = await Promise.all([startRegistry(), startRegistry({ htpasswd: `me:${hash}\n` })]);
  engine = await startTestEngine({ image: false, flags: ["--registry-mirror", `http://${registry.host}`] });
  const archive = join(registry.folder, "busybox.tar");
  writeBusyboxImage(archive);
  for (const name of ["library/busybox:latest", "library/busybox:other", "mine/box:1"])
    await copy(archive, name);
});
afterAll(async () => {
  await engine?.stop();
  await Promise.all([registry, guarded].map((each) => each?.stop()));
});

const copy = (archive: string, name: string): Promise<string> =>
  registry.skopeo(
    "copy",
    "--dest-tls-verify=false",
    `docker-archive:${archive}`,
    `docker://${registry.host}/${name}`,
  );
const digestIn = async (name: string): Promise<string> =>
  JSON.parse(await registry.skopeo("inspect", "--tls-verify=false", `docker://${registry.host}/${name}`))
    .Digest;

describe.each([
  ["stock", STOCK_CLI],
  ["our", OUR_CLI],
])("with %s client", (_, cli) => {
  const docker = (...args: string[]) => engine.docker(args, { cli });

  test("docker pull takes a Docker Hub name from the mirror, and runs it", async () => {
    const pulled = await docker("pull", "busybox");
    expect(pulled.stderr).toBe("");
    const digest = await digestIn("library/busybox:latest");
    expect(pulled.stdout).toContain("latest: Pulling from library/busybox");
    expect(pulled.stdout).toContain(`Digest: ${digest}`);
    expect(pulled.stdout).toContain("Status: Downloaded newer image for busybox:latest");
    expect((await docker("run", "--rm", "busybox", "echo", "pulled")).stdout).toBe("pulled\n");
    expect((await docker("pull", "busybox")).stdout).toContain("Image is up to date for busybox:latest");
    expect((await docker("pull", `busybox@${digest}`)).stdout).toContain(digest);
    await docker("rmi", "-f", "busybox");
  });

  test("docker pull takes a name with its registry, and all of its tags", async () => {
    const name = `${registry.host}/library/busybox`;
    expect((await docker("pull", "-a", name)).code).toBe(0);
    const tags = (await docker("images", "--format", "{{.Tag}}", name)).stdout.trim().split("\n");
    expect(tags.sort()).toEqual(["latest", "other"]);
    await docker("rmi", `${name}:latest`, `${name}:other`);
    expect((await docker("images", "-q")).stdout).toBe("");
  });

  test("docker pull says in stock's words what is wrong", async () => {
    const nowhere = await docker("pull", `${registry.host}/no/such:tag`);
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr.trim()).toBe(
      `Error response from daemon: manifest for ${registry.host}/no/such:tag not found: manifest unknown: manifest unknown`,
    );
    expect((await docker("pull", "127.0.0.1:1/x")).stderr.trim()).toBe(
      'Error response from daemon: Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    );
    expect((await docker("pull", `${guarded.host}/x`)).stderr).toContain("no basic auth credentials");
  });

  test("docker push stores what skopeo then reads, and the second push sends nothing", async () => {
    await docker("pull", `${registry.host}/mine/box:1`);
    const target = `${registry.host}/pushed/${cli === OUR_CLI ? "ours" : "stock"}:v1`;
    await docker("tag", `${registry.host}/mine/box:1`, target);
    const first = await docker("push", target);
    expect(first.stderr).toBe("");
    const digest = /v1: digest: (sha256:[0-9a-f]{64}) size: \d+/.exec(first.stdout)?.[1];
    expect(await digestIn(target.slice(registry.host.length + 1))).toBe(digest!);
    expect((await docker("push", target)).stdout).toContain("Layer already exists");
    const id = (await docker("images", "-q", "--no-trunc", target)).stdout.trim();
    await docker("rmi", target, `${registry.host}/mine/box:1`);
    await docker("pull", target);
    expect((await docker("images", "-q", "--no-trunc", target)).stdout.trim()).toBe(id);
    await docker("rmi", target);
  });

  test("docker login opens a registry, and logout closes it", async () => {
    await docker("pull", `${registry.host}/mine/box:1`);
    const target = `${guarded.host}/mine/box:1`;
    await docker("tag", `${registry.host}/mine/box:1`, target);
    expect((await docker("push", target)).code).toBe(1);
    const wrong = await engine.docker(["login", "-u", "me", "--password-stdin", guarded.host], {
      cli,
      stdin: "no",
    });
    expect(wrong.stderr).toContain("401 Unauthorized");
    const right = await engine.docker(["login", "-u", "me", "--password-stdin", guarded.host], {
      cli,
      stdin: "secret",
    });
    expect(right.stdout).toContain("Login Succeeded");
    expect((await docker("push", target)).code).toBe(0);
    await docker("rmi", target, `${registry.host}/mine/box:1`);
    expect((await docker("pull", target)).code).toBe(0);
    await docker("logout", guarded.host);
    expect((await docker("pull", target)).stderr).toContain("no basic auth credentials");
    await docker("rmi", target);
  });
});
