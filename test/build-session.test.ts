/** BuildKit's session: the stock client of 20.10 with DOCKER_BUILDKIT=1, and what a build asks of it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { STOCK_CLIENT } from "../hack/lib/stock-engine.ts";
import { type Engine, eventually, OUR_CLI, type Result, startTestEngine } from "./lib/engine.ts";
import { startRegistry, type TestRegistry } from "./lib/registry.ts";
import { type SshAgent, startAgent, writeAsker } from "./lib/ssh-agent.ts";

let engine: Engine;
let agent: SshAgent;
const settings = mkdtempSync("/tmp/pequod-session-");

beforeAll(async () => {
  const path = join(settings, "daemon.json");
  const builder = { gc: { enabled: true, defaultKeepStorage: "20GB" } };
  writeFileSync(path, JSON.stringify({ features: { buildkit: true }, builder }));
  engine = await startTestEngine({ flags: ["--config-file", path] });
  agent = startAgent(join(engine.folder, "agent.sock"));
}, 60_000);

afterAll(async () => {
  agent.stop();
  await engine.stop();
  rmSync(settings, { recursive: true });
});

function context(files: Record<string, string>): string {
  const folder = mkdtempSync(join(engine.folder, "context-"));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

const stock = (args: string[], stdin?: Blob): Promise<Result> =>
  engine.docker(["build", ...args], {
    cli: STOCK_CLIENT,
    env: { DOCKER_BUILDKIT: "1" },
    ...(stdin ? { stdin } : {}),
  });

const sh = (image: string, script: string) =>
  engine.ok("run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-c", script);

test("features.buildkit of daemon.json makes the client build by a session, unless it is told not to", async () => {
  const folder = context({ Dockerfile: "FROM busybox\nENV A=1\n" });
  const build = (DOCKER_BUILDKIT: string) =>
    engine.docker(["build", folder], { cli: STOCK_CLIENT, env: { DOCKER_BUILDKIT } });
  expect(await build("")).toMatchObject({ code: 0, stderr: expect.stringContaining("#1 ") });
  expect(await build("0")).toMatchObject({ code: 0, stdout: expect.stringContaining("Step 1/2") });
});

describe("contexts", () => {
  test("a folder, without what .dockerignore names; links, modes and large files come through", async () => {
    const folder = context({
      Dockerfile: "FROM busybox\nCOPY . /c\n",
      ".dockerignore": "ignored\n*.log\n!kept.log\n",
      ignored: "x",
      "a.log": "x",
      "kept.log": "kept",
      "deep/er/file": "in the deep",
      empty: "",
    });
    writeFileSync(join(folder, "large"), Buffer.alloc(5_000_000, "0123456789"));
    writeFileSync(join(folder, "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
    for (let i = 0; i < 300; i++) writeFileSync(join(folder, "deep", `n${i}`), `${i}\n`);
    symlinkSync("deep/er/file", join(folder, "link"));
    linkSync(join(folder, "kept.log"), join(folder, "again"));
    const { code, stderr } = await stock(["-t", "folder", folder]);
    expect(stderr).toContain("#2 [stage-0 2/2] COPY . /c");
    expect(code).toBe(0);
    const seen = await sh(
      "folder",
      "cd /c; ls -A | tr '\\n' ' '; cat link again; stat -c ' %a %s' run.sh large | tr '\\n' ' '; cat deep/n* | wc -l",
    );
    expect(seen).toBe(
      ".dockerignore Dockerfile again deep empty kept.log large link run.sh in the deepkept 755 10  644 5000000 300",
    );
    expect(
      Bun.spawnSync(["cmp", join(folder, "large"), "-"], {
        stdin: Buffer.from(await sh("folder", "cat /c/large")),
      }).exitCode,
    ).toBe(0);
    expect(readdirSync(join(engine.folder, "root/tmp/builder"))).toEqual([]);
  });
  test("a second build is taken from the cache, also of the classic builder's", async () => {
    const folder = context({ Dockerfile: "FROM busybox\nCOPY f /f\nRUN date > /d\n", f: "same" });
    expect((await stock(["-t", "twice", folder])).code).toBe(0);
    const id = await engine.ok("image", "inspect", "-f", "{{.Id}}", "twice");
    expect((await stock(["-t", "twice", folder])).stderr).toContain("#3 CACHED");
    expect((await engine.docker(["build", "-q", folder], { cli: STOCK_CLIENT })).stdout.trim()).toBe(id);
  });
  test("a Dockerfile elsewhere, a lone one and an archive from stdin", async () => {
    const folder = context({ f: "content" });
    const other = context({
      "some.Dockerfile": "FROM busybox\nCOPY f /elsewhere\n",
      "some.Dockerfile.dockerignore": "x",
    });
    expect(await stock(["-t", "other", "-f", join(other, "some.Dockerfile"), folder])).toMatchObject({
      code: 0,
    });
    expect(await sh("other", "cat /elsewhere")).toBe("content");
    const lone = new Blob(["FROM busybox\nRUN echo lone > /lone\n"]);
    expect(await stock(["-t", "lone", "-"], lone)).toMatchObject({ code: 0 });
    expect(await sh("lone", "cat /lone")).toBe("lone");
    writeFileSync(join(folder, "Dockerfile"), "FROM busybox\nCOPY f /archived\n");
    const archive = Bun.spawnSync(["tar", "-C", folder, "-czf", "-", "."]).stdout;
    expect(
      await stock(["-t", "archived", "-"], new Blob([archive as Uint8Array<ArrayBuffer>])),
    ).toMatchObject({ code: 0 });
    expect(await sh("archived", "cat /archived")).toBe("content");
  });
});

describe("secrets and agents", () => {
  test("a secret is asked of the client, and reaches nothing but the command", async () => {
    const secret = join(engine.folder, "secret");
    writeFileSync(secret, "most-secret-words");
    const file =
      "FROM busybox\nRUN --mount=type=secret,id=word,required cat /run/secrets/word | wc -c > /n\n";
    const folder = context({ Dockerfile: file });
    expect(await stock(["-t", "secretive", "--secret", `id=word,src=${secret}`, folder])).toMatchObject({
      code: 0,
    });
    expect(await sh("secretive", "cat /n")).toBe("17");
    const found = Bun.spawnSync(["grep", "-rl", "most-secret-words", join(engine.folder, "root")]);
    expect(found.stdout.toString()).toBe("");
    const missed = await stock(["--no-cache", folder]);
    expect(missed.code).toBe(1);
    expect(missed.stderr).toContain("secret word: not found");
  });
  test("the client's ssh agent answers in the command's container", async () => {
    const file =
      "FROM busybox\nCOPY ask /ask\nRUN --mount=type=ssh,required /ask > /said; ls -l $SSH_AUTH_SOCK | cut -c1-10 > /mode\nRUN ls /run/buildkit 2>&1 | wc -l > /left\n";
    const folder = context({ Dockerfile: file });
    writeAsker(join(folder, "ask"));
    expect(await stock(["-t", "agent", "--ssh", `default=${agent.path}`, folder])).toMatchObject({ code: 0 });
    expect(await sh("agent", "cat /said; cat /mode; ls -d /run/buildkit 2>/dev/null | wc -l")).toBe(
      `${agent.comment}\nsrw-------\n0`,
    );
    const missed = await stock(["--no-cache", folder]);
    expect(missed.code).toBe(1);
    expect(missed.stderr).toContain('no SSH key "default" forwarded from the client');
    expect(readdirSync(join(engine.folder, "exec/build"))).toEqual([]);
  });
  test("credentials for a registry are the client's", async () => {
    const hash = await Bun.password.hash("open", { algorithm: "bcrypt", cost: 4 });
    const locked: TestRegistry = await startRegistry({ htpasswd: `user:${hash.replace("$2b$", "$2y$")}` });
    const config = join(engine.folder, "home/.docker/config.json");
    try {
      const name = `${locked.host}/base:1`;
      const folder = context({ Dockerfile: `FROM ${name}\nENV A=1\n` });
      const auth = Buffer.from("user:open").toString("base64");
      mkdirSync(join(config, ".."), { recursive: true });
      writeFileSync(config, JSON.stringify({ auths: { [locked.host]: { auth } } }));
      await engine.ok("tag", "busybox", name);
      await engine.ok("push", name);
      await engine.ok("rmi", name);
      expect(await stock([folder])).toMatchObject({ code: 0 });
      rmSync(config);
      const refused = await stock(["--pull", folder]);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/unauthorized|no basic auth credentials|denied/i);
    } finally {
      rmSync(config, { force: true });
      await locked.stop();
    }
  });
});

describe("our client", () => {
  const ours = (args: string[]) =>
    engine.docker(["build", ...args], { cli: OUR_CLI, env: { DOCKER_BUILDKIT: "1" } });
  const FILE =
    "FROM busybox\nCOPY ask /ask\nRUN --mount=type=ssh,id=here,required --mount=type=secret,id=word,env=WORD /ask > /said; echo $WORD | wc -c >> /said\n";

  test("--ssh with an agent's socket, with a key, and --secret beside it", async () => {
    const folder = context({ Dockerfile: FILE });
    writeAsker(join(folder, "ask"));
    const secret = join(engine.folder, "our-secret");
    writeFileSync(secret, "words");
    const args = ["--no-cache", "--secret", `id=word,src=${secret}`, "-t", "ours"];
    expect(await ours([...args, "--ssh", `here=${agent.path}`, folder])).toMatchObject({ code: 0 });
    expect(await sh("ours", "cat /said")).toBe(`${agent.comment}\n6`);
    const key = join(engine.folder, "id_ed25519");
    expect(
      Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "made-key", "-f", key]).exitCode,
    ).toBe(0);
    expect(await ours([...args, "--ssh", `here=${key}`, folder])).toMatchObject({ code: 0 });
    expect(await sh("ours", "cat /said")).toBe("made-key\n6");
  });
  test("says what is missing", async () => {
    const folder = context({ Dockerfile: FILE });
    writeAsker(join(folder, "ask"));
    expect((await ours(["--ssh", "default", folder])).stderr).toContain("make sure SSH_AUTH_SOCK is set");
    expect((await ours(["--ssh", "a=/nonexistent", folder])).stderr).toContain("no such file or directory");
    expect((await ours(["--no-cache", folder])).stderr).toContain(
      'no SSH key "here" forwarded from the client',
    );
  });
});

describe("results", () => {
  test("files and archives are sent to the client", async () => {
    const folder = context({ Dockerfile: "FROM scratch\nCOPY f d/e /out/\n", f: "file", "d/e": "another" });
    const out = join(engine.folder, "out");
    expect(await stock(["-o", out, folder])).toMatchObject({ code: 0 });
    expect(readFileSync(join(out, "out/f"), "utf8") + readFileSync(join(out, "out/e"), "utf8")).toBe(
      "fileanother",
    );
    const tar = join(engine.folder, "out.tar");
    expect(await stock(["-o", `type=tar,dest=${tar}`, folder])).toMatchObject({ code: 0 });
    expect(Bun.spawnSync(["tar", "-xOf", tar, "out/e"]).stdout.toString()).toBe("another");
  });
  test("--iidfile, -q, arguments and labels", async () => {
    const folder = context({ Dockerfile: "FROM busybox\nARG A\nLABEL a=$A\n" });
    const iid = join(engine.folder, "session-iid");
    const { code, stdout } = await stock([
      "-q",
      "--iidfile",
      iid,
      "--build-arg",
      "A=7",
      "--label",
      "b=8",
      folder,
    ]);
    expect(code).toBe(0);
    expect(stdout.trim()).toBe(readFileSync(iid, "utf8"));
    expect(await engine.ok("image", "inspect", "-f", "{{json .Config.Labels}}", stdout.trim())).toBe(
      '{"a":"7","b":"8"}',
    );
  });
  test("a failed command's words, place and code", async () => {
    const { code, stderr } = await stock([
      context({ Dockerfile: "FROM busybox\nRUN echo before; exit 9\n" }),
    ]);
    expect(code).toBe(9);
    expect(stderr).toContain("before");
    expect(stderr).toContain("   2 | >>> RUN echo before; exit 9");
    const broken = await stock([context({ Dockerfile: "FROM busybox\nCOYP a b\n" })]);
    expect(broken.stderr).toContain("unknown instruction: COYP (did you mean COPY?)");
  });
  test("what the client cancels is stopped, and leaves nothing", async () => {
    const folder = context({ Dockerfile: "FROM busybox\nRUN echo begun; sleep 1000\n" });
    const child = Bun.spawn([STOCK_CLIENT, "build", folder], {
      env: { PATH: process.env["PATH"], HOME: engine.folder, DOCKER_HOST: engine.host, DOCKER_BUILDKIT: "1" },
      stdout: "ignore",
      stderr: "pipe",
    });
    let seen = "";
    for await (const chunk of child.stderr) {
      seen += Buffer.from(chunk).toString();
      if (/ begun\n/.test(seen)) break;
    }
    child.kill("SIGINT");
    await eventually(
      "no container is left",
      () => engine.ok("ps", "-aq"),
      (ids) => ids === "",
      30,
    );
    expect(await child.exited).not.toBe(0);
    expect(
      existsSync(join(engine.folder, "root/tmp/builder")) &&
        readdirSync(join(engine.folder, "root/tmp/builder")),
    ).toEqual([]);
  });
});

describe("what is no session", () => {
  const post = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://d${path}`, { method: "POST", unix: join(engine.folder, "docker.sock"), headers });
  test("is refused", async () => {
    const plain = await post("/v1.41/session");
    expect(plain.status).toBe(400);
    expect(await plain.text()).toContain("want Upgrade: h2c");
    const noSession = await post("/v1.41/build?version=2&remote=client-session");
    expect(await noSession.text()).toContain("session=ID is not given");
    const outputs = encodeURIComponent('[{"Type":"oci"}]');
    expect(await (await post(`/v1.41/build?version=2&outputs=${outputs}`)).text()).toContain(
      'exporter \\"oci\\" could not be found',
    );
  });
});
