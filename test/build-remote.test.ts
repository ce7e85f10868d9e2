import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { type Engine, OUR_CLI, startTestEngine } from "./lib/engine.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";

let engine: Engine;
let registry: TestRegistry;
let repository: string;
let daemon: Bun.Subprocess;

function run(command: string[], cwd?: string): string {
  const child = Bun.spawnSync(command, { ...(cwd ? { cwd } : {}), stderr: "pipe" });
  if (child.exitCode !== 0) throw new Error(`${command.join(" ")}: ${child.stderr}`);
  return child.stdout.toString();
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

/** A repository with a branch and a folder, served by git's own daemon. */
async function serveRepository(folder: string): Promise<string> {
  const work = join(folder, "repos/one");
  mkdirSync(join(work, "sub"), { recursive: true });
  const git = (...args: string[]) =>
    run(
      [
        "git",
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "-c",
        "init.defaultBranch=main",
        ...args,
      ],
      work,
    );
  git("init", "-q");
  writeFileSync(join(work, "Dockerfile"), "FROM busybox\nCOPY . /c\n");
  writeFileSync(join(work, "sub/Dockerfile"), "FROM busybox\nCOPY . /s\n");
  writeFileSync(join(work, "sub/file"), "in sub\n");
  writeFileSync(join(work, ".dockerignore"), "ignored\n");
  writeFileSync(join(work, "ignored"), "x");
  git("add", "-A");
  git("commit", "-qm", "one");
  git("checkout", "-qb", "other");
  writeFileSync(join(work, "only-here"), "other\n");
  git("add", "-A");
  git("commit", "-qm", "two");
  git("checkout", "-q", "main");
  const port = await freePort();
  daemon = Bun.spawn(
    [
      "git",
      "daemon",
      "--export-all",
      "--listen=127.0.0.1",
      `--port=${port}`,
      `--base-path=${join(folder, "repos")}`,
    ],
    { stdin: "ignore", stdout: "ignore", stderr: "ignore" },
  );
  return `git://127.0.0.1:${port}/one/.git`;
}

beforeAll(async () => {
  [engine, registry] = await Promise.all([startTestEngine(), startRegistry()]);
  repository = await serveRepository(engine.folder);
}, 60_000);

afterAll(async () => {
  daemon.kill();
  await Promise.all([engine.stop(), registry.stop()]);
});

const build = (...args: string[]) => engine.docker(["build", ...args], { cli: OUR_CLI });
const sh = (image: string, script: string) =>
  engine.ok("run", "--rm", "--network", "none", image, "sh", "-c", script);

describe("contexts from elsewhere", () => {
  test("a git repository: its head, a branch, a folder", async () => {
    const head = await build("-t", "head", repository);
    expect(head).toMatchObject({ code: 0 });
    expect(await sh("head", "ls -A /c")).toBe(".dockerignore\nDockerfile\nsub");
    expect(await build("-t", "branch", `${repository}#other`)).toMatchObject({ code: 0 });
    expect(await sh("branch", "cat /c/only-here")).toBe("other");
    expect(await build("-t", "folder", `${repository}#main:sub`)).toMatchObject({ code: 0 });
    expect(await sh("folder", "cat /s/file")).toBe("in sub");
    expect((await build(`${repository}#nosuch`)).stderr).toContain("git fetch failed");
    expect((await build(`${repository}#main:nosuch`)).code).toBe(1);
    expect(readdirSync(join(engine.folder, "root/tmp/builder"))).toEqual([]);
  });
  test("ADD of a git repository", async () => {
    const folder = mkdtempSync(join(engine.folder, "context-"));
    writeFileSync(join(folder, "Dockerfile"), `FROM busybox\nADD ${repository}#main:sub /got\n`);
    expect(await build("-t", "added", folder)).toMatchObject({ code: 0 });
    expect(await sh("added", "cat /got/file")).toBe("in sub");
  });
  test("an archive and a lone Dockerfile by URL", async () => {
    const archive = join(engine.folder, "context.tar.gz");
    run(["tar", "-czf", archive, "-C", join(engine.folder, "repos/one/sub"), "."]);
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) =>
        request.url.endsWith(".tar.gz")
          ? new Response(Bun.file(archive), { headers: { "content-type": "application/octet-stream" } })
          : request.url.endsWith("Dockerfile")
            ? new Response("FROM busybox\nENV from=url\n", { headers: { "content-type": "text/plain" } })
            : new Response("no", { status: 404 }),
    });
    try {
      const url = `http://127.0.0.1:${server.port}`;
      expect(await build("-t", "archive", `${url}/c.tar.gz`)).toMatchObject({ code: 0 });
      expect(await sh("archive", "cat /s/file")).toBe("in sub");
      expect(await build("-t", "lone", `${url}/Dockerfile`)).toMatchObject({ code: 0 });
      expect((await build(`${url}/missing`)).stderr).toContain("404");
    } finally {
      server.stop(true);
    }
  });
});

describe("images from a registry", () => {
  test("FROM and COPY --from pull what is not here; --pull asks again", async () => {
    const name = `${registry.host}/base:1`;
    await engine.ok("tag", "busybox", name);
    await engine.ok("push", name);
    await engine.ok("rmi", name);
    const folder = mkdtempSync(join(engine.folder, "context-"));
    writeFileSync(
      join(folder, "Dockerfile"),
      `FROM ${name}\nENV A=1\nFROM scratch\nCOPY --from=${name} /etc/passwd /p\nCOPY --from=0 /etc/group /g\n`,
    );
    expect(await build(folder)).toMatchObject({ code: 0 });
    expect(await engine.ok("image", "inspect", "-f", "{{index .RepoTags 0}}", name)).toBeTruthy();
    expect(await build("--pull", folder)).toMatchObject({ code: 0 });
    writeFileSync(join(folder, "Dockerfile"), `FROM ${registry.host}/nosuch:1\n`);
    const missing = await build(folder);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toContain("nosuch");
  });
  test("contrib/download-frozen-image fetches what docker load takes", async () => {
    const name = `${registry.host}/frozen:2`;
    await engine.ok("tag", "busybox", name);
    await engine.ok("push", name);
    const id = await engine.ok("image", "inspect", "-f", "{{.Id}}", "busybox");
    const folder = join(engine.folder, "frozen");
    const script = resolve(import.meta.dir, "../contrib/download-frozen-image.ts");
    const fetched = Bun.spawnSync([process.execPath, script, folder, name], { stderr: "pipe" });
    expect(fetched.stderr.toString()).toContain("docker load");
    expect(fetched.exitCode).toBe(0);
    await engine.ok("rmi", name);
    run(["tar", "-cf", join(engine.folder, "frozen.tar"), "-C", folder, "."]);
    expect(await engine.ok("load", "-i", join(engine.folder, "frozen.tar"))).toContain(
      `Loaded image: ${name}`,
    );
    expect(await engine.ok("image", "inspect", "-f", "{{.Id}}", name)).toBe(id);
  });
});
