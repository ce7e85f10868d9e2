import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "../src/archive/tar/writer.ts";
import { type Engine, eventually, OUR_CLI, type Result, startTestEngine } from "./lib/engine.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

/** Builds a Dockerfile with the stock client, in a context of these files. */
async function build(
  dockerfile: string,
  files: Record<string, string> = {},
  ...args: string[]
): Promise<Result & { id: string }> {
  const context = mkdtempSync(join(engine.folder, "context-"));
  for (const [path, content] of Object.entries({ Dockerfile: dockerfile, ...files })) {
    mkdirSync(join(context, path, ".."), { recursive: true });
    writeFileSync(join(context, path), content);
  }
  const iid = join(engine.folder, "iid");
  rmSync(iid, { force: true });
  const result = await engine.docker(["build", "--iidfile", iid, ...args, context]);
  return { ...result, id: existsSync(iid) ? await Bun.file(iid).text() : "" };
}

async function built(...args: Parameters<typeof build>): Promise<string> {
  const result = await build(...args);
  if (result.code !== 0) throw new Error(result.stdout + result.stderr);
  return result.id;
}

const sh = (image: string, script: string) =>
  engine.ok("run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-c", script);

describe("RUN", () => {
  test("here-documents of triggers", async () => {
    const triggers =
      "ONBUILD RUN <<EOF\necho run > /run\nEOF\nONBUILD COPY <<-one <<two /d/\n\t1\n\tone\n2\ntwo";
    const id = await built(`FROM busybox AS base\n${triggers}\nFROM base\nRUN true`);
    expect(
      await sh(id, "cat /run /d/one /d/two; test $(date +%Y) -le $(date -r /d/one +%Y) && echo now"),
    ).toBe("run\n1\n2\nnow");
  });
  test("here-documents: a script, a script with an interpreter, and input of a command", async () => {
    const id = await built(
      `FROM busybox
RUN <<EOF
echo one > /one
echo $HOME > /home-of
EOF
RUN <<EOF
#!/bin/cat
text of the script
EOF
RUN cat <<A > /a && cat <<'B' > /b
a $((1+1))
A
b $((1+1))
B
`,
    );
    expect(await sh(id, "cat /one /home-of /a /b")).toBe("one\n/root\na 2\nb $((1+1))");
    expect(await sh(id, "ls /dev/pipes 2>&1 || true")).toContain("No such file");
  });
  test("--mount=type=cache outlives builds, and is no part of the image", async () => {
    const file = (n: number) => `FROM busybox
RUN --mount=type=cache,target=/c/deep echo ${n} >> /c/deep/log && cp /c/deep/log /log`;
    await built(file(1));
    const id = await built(file(2));
    expect(await sh(id, "cat /log; ls /c/deep 2>/dev/null | wc -l")).toBe("1\n2\n0");
  });
  test("a cache begins with what a folder of an image or stage has", async () => {
    const mount = "--mount=type=cache,target=/c,from=base,source=/begin";
    const id = await built(
      `FROM busybox AS base\nRUN mkdir /begin && echo 1 > /begin/f\nFROM busybox\nRUN ${mount} cp /c/f /1 && echo 2 >> /c/f\nRUN ${mount} cp /c/f /2`,
    );
    expect(await sh(id, "cat /1 /2")).toBe("1\n1\n2");
  });
  test("--mount=type=bind from the context, a stage and an image; what is written to it is gone", async () => {
    const id = await built(
      `FROM busybox AS one
RUN echo from stage > /f
FROM busybox
RUN --mount=target=/ctx cat /ctx/dir/file > /a; touch /ctx/x 2>/dev/null || echo ro >> /a
RUN --mount=from=one,source=/f,target=/in cat /in > /b
RUN --mount=from=one,target=/one,rw echo new > /one/new && cp /one/new /c`,
      { "dir/file": "from context\n" },
    );
    expect(await sh(id, "cat /a /b /c; ls -d /ctx /in /one 2>/dev/null | wc -l")).toBe(
      "from context\nro\nfrom stage\nnew\n0",
    );
  });
  test("--mount=type=tmpfs and --network", async () => {
    const id = await built(`FROM busybox
RUN --mount=type=tmpfs,target=/t,size=1m grep ' /t ' /proc/mounts > /m && touch /t/x
RUN --network=none ls /sys/class/net > /n`);
    expect(await sh(id, "cut -d' ' -f3 /m; cat /n; ls /t 2>/dev/null | wc -l")).toBe("tmpfs\nlo\n0");
  });
  test("a secret that was not given is missed only if it is required", async () => {
    const file = (required: string) =>
      `FROM busybox\nRUN --mount=type=secret,id=nope${required} ls /run/secrets 2>/dev/null | wc -l > /n # ${required}`;
    expect(await sh(await built(file("")), "cat /n")).toBe("0");
    const missed = await build(file(",required"));
    expect(missed.code).toBe(1);
    expect(missed.stderr).toContain("secret nope: not found");
  });
  test("--security=insecure needs leave; an agent that was not given is missed only if it is required", async () => {
    expect((await build("FROM busybox\nRUN --security=insecure true")).stderr).toContain(
      "security.insecure is not allowed",
    );
    const file = (required: string) =>
      `FROM busybox\nRUN --mount=type=ssh${required} echo agent=$SSH_AUTH_SOCK`;
    expect((await build(file(""))).stdout).toContain("agent=\n");
    expect((await build(file(",required"), {}, "--no-cache")).stderr).toContain(
      'no SSH key "default" forwarded',
    );
  });
  test("a failed command gives its exit code and text, and leaves no container with --force-rm", async () => {
    const failed = await build("FROM busybox\nRUN echo words; exit 42", {}, "--force-rm");
    expect(failed.code).toBe(42);
    expect(failed.stdout).toContain("words");
    expect(failed.stderr).toContain(
      "The command '/bin/sh -c echo words; exit 42' returned a non-zero code: 42",
    );
    expect(await engine.ok("ps", "-aq")).toBe("");
  });
  test("as in stock, a command that failed leaves its container, and --rm=false that of every step", async () => {
    const left = () => engine.ok("ps", "-a", "--no-trunc", "--format", "{{.Command}} {{.Status}}");
    await build("FROM busybox\nENV A=1\nRUN exit 3");
    expect(await left()).toMatch(/^"\/bin\/sh -c 'exit 3'" Exited \(3\) [^\n]*$/);
    await engine.ok("container", "prune", "-f");
    await build("FROM busybox\nENV A=2\nCOPY Dockerfile /\nRUN true", {}, "--rm=false");
    expect((await left()).split("\n")).toEqual([
      expect.stringMatching(/^"\/bin\/sh -c true" Exited \(0\)/),
      expect.stringMatching(/^"\/bin\/sh -c .*#\(nop\).*ENV A=2.*" Created$/),
    ]);
    await engine.ok("container", "prune", "-f");
  });
  test("a trigger of a base image may take from a stage that nothing else needs", async () => {
    await built("FROM busybox\nONBUILD COPY --from=other /o /copied", {}, "-t", "triggers");
    const id = await built("FROM busybox AS other\nRUN echo o > /o\nFROM triggers\nRUN cat /copied");
    expect(await sh(id, "cat /copied")).toBe("o");
  });
});

describe("COPY and ADD", () => {
  test("--chmod, in octal and in symbols", async () => {
    const id = await built(
      "FROM busybox\nCOPY --chmod=4750 f /a\nCOPY --chmod=u=rwX,go=rX d /d\nCOPY --chmod=+x f /b",
      { f: "x", "d/e": "y" },
    );
    expect(await sh(id, "stat -c %a /a /b /d/e")).toBe("4750\n755\n644");
  });
  test("--chmod is for new folders on the way, too", async () => {
    const id = await built("FROM busybox\nCOPY --chmod=750 f /p/q/f", { f: "" });
    expect(await sh(id, "stat -c %a /p /p/q /p/q/f")).toBe("750\n750\n750");
  });
  test("a --checksum of what is not downloaded is refused", async () => {
    const { stderr } = await build(`FROM busybox\nADD --checksum=sha256:${"0".repeat(64)} f /`, { f: "" });
    expect(stderr).toContain("checksum requires HTTP(S) or Git sources");
  });
  test("--parents and --exclude", async () => {
    const id = await built(
      "FROM busybox\nCOPY --parents a/b/c.txt a/./b/d.txt /p/\nCOPY --exclude=*.txt --exclude=skip --exclude=b a /q",
      { "a/b/c.txt": "c", "a/b/d.txt": "d", "a/top.txt": "t", "a/keep": "k", "a/skip/x": "x" },
    );
    expect(await sh(id, "cd /p && find . -type f | sort; cd /q && find . -type f | sort")).toBe(
      "./a/b/c.txt\n./b/d.txt\n./keep",
    );
  });
  test("--link does not look at what is below", async () => {
    const id = await built("FROM busybox\nRUN mkdir /real && ln -s /real /l\nCOPY --link f /l/f", {
      f: "x\n",
    });
    expect(await sh(id, "test -L /l || cat /l/f; ls /real | wc -l")).toBe("x\n0");
  });
  test("here-documents become files", async () => {
    const id = await built(
      "FROM busybox\nARG V=1\nCOPY <<one <<-'two' /h/\nv=$V \"q\"\none\n\tv=$V\n\ttwo\nCOPY --chmod=755 <<EOF /run.sh\n#!/bin/sh\necho ran\nEOF\n",
    );
    expect(await sh(id, "cat /h/one /h/two; /run.sh")).toBe('v=1 "q"\nv=$V\nran');
  });
  test("ADD of a URL, with its checksum", async () => {
    const modified = { "last-modified": "Wed, 01 Jan 2020 00:00:00 GMT" };
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Response("downloaded", { headers: modified }),
    });
    try {
      const url = `http://127.0.0.1:${server.port}/x/file.txt`;
      const sum = new Bun.CryptoHasher("sha256").update("downloaded").digest("hex");
      const id = await built(`FROM busybox\nADD ${url} /d/\nADD --checksum=sha256:${sum} ${url} /named`);
      expect(await sh(id, "cat /d/file.txt /named; stat -c '%a %Y' /named")).toBe(
        "downloadeddownloaded600 1577836800",
      );
      const wrong = await build(`FROM busybox\nADD --checksum=sha256:${"0".repeat(64)} ${url} /d`);
      expect(wrong.stderr).toContain("digest mismatch");
    } finally {
      server.stop(true);
    }
  });
});

describe("stages", () => {
  test("those that nothing needs are not built", async () => {
    const { code, stdout } = await build(
      "FROM busybox AS bad\nRUN exit 1\nFROM busybox AS good\nRUN true\nFROM good\nENV A=1",
    );
    expect(code).toBe(0);
    expect(stdout).not.toContain("exit 1");
  });
  test("independent ones run side by side, and their words do not mix", async () => {
    const meet = (me: string, other: string) =>
      `RUN --mount=type=cache,target=/m touch /m/${me}; for i in $(seq 500); do [ -e /m/${other} ] && exit 0; sleep 0.1; done; exit 1`;
    const copies = "FROM busybox\nCOPY --from=a /etc/passwd /a\nCOPY --from=b /etc/passwd /b";
    const { code, stdout } = await build(
      `FROM busybox AS a\n${meet("a", "b")}\nFROM busybox AS b\n${meet("b", "a")}\n${copies}`,
    );
    expect(code).toBe(0);
    const steps = [...stdout.matchAll(/^Step (\d+)/gm)].map(([, n]) => Number(n));
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });
  test("a target is named, or a suggestion made", async () => {
    const file = "FROM busybox AS first\nENV A=1\nFROM busybox AS second\nENV B=1";
    expect((await build(file, {}, "--target", "FIRST")).code).toBe(0);
    expect((await build(file, {}, "--target", "frist")).stderr).toContain(
      "failed to reach build target frist in Dockerfile (did you mean first?)",
    );
  });
});

describe("cache", () => {
  const FILE = "FROM busybox\nCOPY f /f\nRUN cat /proc/sys/kernel/random/uuid > /when";
  test("is by content, not by time, and survives a restart of the daemons", async () => {
    const first = await built(FILE, { f: "same" });
    expect(await built(FILE, { f: "same" })).toBe(first);
    expect(await built(FILE, { f: "other" })).not.toBe(first);
    engine.chain.dockerd.kill(9);
    engine.chain.containerd.kill(9);
    await Promise.all([engine.chain.dockerd.exited, engine.chain.containerd.exited]);
    await engine.restart();
    expect(await built(FILE, { f: "same" })).toBe(first);
    expect(await built(FILE, { f: "same" }, "--no-cache")).not.toBe(first);
  });
  test("SOURCE_DATE_EPOCH gives the same image every time", async () => {
    const args = ["--no-cache", "--build-arg", "SOURCE_DATE_EPOCH=1700000000"];
    const file = "FROM busybox\nRUN mkdir /d && echo x > /d/f\nCOPY f /x/\nWORKDIR /w\nENV A=1";
    const first = await built(file, { f: "same" }, ...args);
    await Bun.sleep(1100);
    expect(await built(file, { f: "same" }, ...args)).toBe(first);
    const [image] = JSON.parse(await engine.ok("image", "inspect", first)) as { Created: string }[];
    expect(image!.Created).toBe("2023-11-14T22:13:20Z");
    const other = await startTestEngine({ flags: ["--bridge=none", "--iptables=false", "-s", "vfs"] });
    try {
      const folder = mkdtempSync(join(other.folder, "context-"));
      writeFileSync(join(folder, "Dockerfile"), file);
      writeFileSync(join(folder, "f"), "same", { mode: 0o644 });
      expect(await other.ok("build", "-q", "--network", "none", ...args, folder)).toBe(first);
    } finally {
      await other.stop();
    }
  });
});

describe("--cache-from and --squash", () => {
  test("an image that was loaded serves as cache", async () => {
    const file = "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /when\nENV A=1\nRUN echo last > /last";
    const first = await built(file, {}, "-t", "origin");
    const archive = join(engine.folder, "origin.tar");
    await engine.ok("save", "-o", archive, "origin");
    await engine.ok("rmi", "origin");
    await engine.ok("load", "-i", archive);
    expect(await built(file, {}, "--cache-from", "origin")).toBe(first);
    const more = await build(`${file}\nENV more=1`, {}, "--cache-from", "origin,nosuch");
    expect(more.stdout.match(/Using cache/g)?.length).toBe(3);
  });
  test("squashing leaves one layer above the base", async () => {
    const context = mkdtempSync(join(engine.folder, "context-"));
    writeFileSync(
      join(context, "Dockerfile"),
      "FROM busybox\nRUN echo a > /a && echo gone > /gone\nRUN rm /gone /bin/wget && echo b > /b\nENV A=1",
    );
    const result = await engine.docker(["build", "--squash", "-t", "flat", context], { cli: OUR_CLI });
    expect(result.code).toBe(0);
    const count = (image: string) => engine.ok("image", "inspect", "-f", "{{len .RootFS.Layers}}", image);
    expect(Number(await count("flat"))).toBe(Number(await count("busybox")) + 1);
    expect(await sh("flat", "cat /a /b; ls /gone /bin/wget 2>/dev/null | wc -l; echo $A")).toBe("a\nb\n0\n1");
    expect(await engine.ok("history", "--format", "{{.Comment}}", "flat")).toContain("merge sha256:");
  });
});

describe("cancelling", () => {
  test("stops the running step and leaves nothing", async () => {
    const context = mkdtempSync(join(engine.folder, "context-"));
    writeFileSync(join(context, "Dockerfile"), "FROM busybox\nRUN echo begun; sleep 1000");
    const child = Bun.spawn(["/usr/bin/docker", "build", context], {
      env: { PATH: process.env["PATH"], HOME: engine.folder, DOCKER_HOST: engine.host, DOCKER_BUILDKIT: "0" },
      stdout: "pipe",
      stderr: "ignore",
    });
    const decoder = new TextDecoder();
    let seen = "";
    for await (const chunk of child.stdout) {
      seen += decoder.decode(chunk);
      if (seen.includes("\nbegun\n")) break;
    }
    child.kill(9);
    await eventually(
      "no container is left",
      () => engine.ok("ps", "-aq"),
      (ids) => ids === "",
    );
    const layers = join(engine.folder, "root/image/overlay2/layerdb/mounts");
    expect(readdirSync(layers)).toEqual([]);
  });
});

describe("a daemon that is killed", () => {
  test("removes what the build left running when it is back", async () => {
    const context = mkdtempSync(join(engine.folder, "context-"));
    writeFileSync(join(context, "Dockerfile"), "FROM busybox\nRUN sleep 1000");
    const building = engine.docker(["build", context]);
    await eventually(
      "the step runs",
      () => engine.ok("ps", "-q"),
      (ids) => ids !== "",
    );
    engine.chain.dockerd.kill(9);
    engine.chain.containerd.kill(9);
    await Promise.all([engine.chain.dockerd.exited, engine.chain.containerd.exited]);
    expect((await building).code).not.toBe(0);
    await engine.restart();
    await eventually(
      "no container is left",
      () => engine.ok("ps", "-aq"),
      (ids) => ids === "",
    );
  });
});

describe("errors", () => {
  test("tell file, line, instruction, and what was probably meant", async () => {
    const { code, stderr } = await build("FROM busybox\n\nCOYP a b");
    expect(code).toBe(1);
    expect(stderr).toContain("dockerfile parse error line 3: unknown instruction: COYP (did you mean COPY?)");
    expect(stderr).toContain("Dockerfile:3\n");
    expect(stderr).toContain("   3 | >>> COYP a b");
  });
});

describe("our client", () => {
  const context = (files: Record<string, string>): string => {
    const folder = mkdtempSync(join(engine.folder, "context-"));
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    return folder;
  };
  const ours = (...args: string[]) =>
    engine.docker(["build", ...args], { cli: OUR_CLI, env: { DOCKER_BUILDKIT: "1" } });

  test("gives secrets to commands that ask for them, and to nothing else", async () => {
    const secret = join(engine.folder, "secret");
    writeFileSync(secret, "very-secret-words");
    const folder = context({
      Dockerfile: `FROM busybox
RUN --mount=type=secret,id=word wc -c < /run/secrets/word > /n; stat -c %a /run/secrets/word >> /n
RUN ls /run/secrets 2>/dev/null | wc -l >> /n`,
    });
    const { code, stderr } = await ours("-t", "secretive", "--secret", `id=word,src=${secret}`, folder);
    expect(stderr).toContain("#2 [stage-0 2/3] RUN --mount=type=secret");
    expect(code).toBe(0);
    expect(await sh("secretive", "cat /n")).toBe("17\n400\n0");
    const everywhere = [
      "grep",
      "-rl",
      "--exclude-dir=home",
      "--devices=skip",
      "very-secret-words",
      engine.folder,
    ];
    expect(Bun.spawnSync(everywhere).stdout.toString()).toBe(`${secret}\n`);
  });
  test("shows what the linter warns of", async () => {
    const folder = context({ Dockerfile: "FROM busybox AS One\nMAINTAINER me\nCMD x\n" });
    const { stderr } = await ours(folder);
    expect(stderr).toContain(
      "[Warning] StageNameCasing: Stage name 'One' should be lowercase (Dockerfile:1)",
    );
    expect(stderr).toContain("[Warning] MaintainerDeprecated:");
    expect(stderr).toContain("[Warning] JSONArgsRecommended:");
  });
  test("--check builds nothing, and says what would be warned of", async () => {
    const file = "FROM busybox AS One\nENV A=$PATH:$nope\nRUN exit 1\nCMD x\n";
    const { stdout, code } = await ours("--check", context({ Dockerfile: file }));
    expect(code).toBe(1);
    expect(stdout).toStartWith("Check complete, 3 warnings have been found!\n\nWARNING: StageNameCasing - ");
    expect(stdout).toContain("rule/undefined-var/\nUsage of undefined variable '$nope'\nDockerfile:2\n");
    const clean = await ours("--call=check", context({ Dockerfile: "FROM busybox\nRUN exit 1\n" }));
    expect(clean).toMatchObject({ code: 0, stdout: "Check complete, no warnings found.\n" });
  });
  test("--no-cache-filter builds a stage anew, and takes the others from the cache", async () => {
    const both = context({
      Dockerfile: "FROM busybox AS a\nRUN echo a > /a\nFROM busybox\nCOPY --from=a /a /\nRUN echo b\n",
    });
    await ours(both);
    const { stderr } = await ours("--progress", "plain", "--no-cache-filter", "a", both);
    expect(stderr).toMatch(/#2 \[a 2\/5\] RUN echo a > \/a\n#2 DONE/);
    expect(stderr).toMatch(/#5 \[[^\n]*RUN echo b\n#5 CACHED/);
  });
  test("warns of variables that nothing has defined, and fails if it was told to", async () => {
    const file =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of a Dockerfile
      "FROM busybox\nARG declared\nENV VERSION=1\nENV A=$declared B=$VERSOIN C=${other:-x} PATH=$PATH:/x\n";
    const { stderr, code } = await ours(context({ Dockerfile: file }));
    expect(code).toBe(0);
    expect(stderr.match(/\[Warning\].*/g)).toEqual([
      "[Warning] UndefinedVar: Usage of undefined variable '$VERSOIN' (did you mean $VERSION?) (Dockerfile:4)",
    ]);
    const strict = await ours(context({ Dockerfile: `# check=error=true\n${file}` }));
    expect(strict.code).toBe(1);
    expect(strict.stderr).toContain("lint violation found for rules: UndefinedVar");
    const early = await ours(
      "--build-arg",
      "BUILDKIT_DOCKERFILE_CHECK=error=true",
      context({ Dockerfile: "FROM busybox\nMAINTAINER me\nCMD x\n" }),
    );
    expect(early.stderr).toContain(
      "lint violation found for rules: JSONArgsRecommended, MaintainerDeprecated",
    );
  });
  test("marks what was cached, shows where it failed, and ends with the command's code", async () => {
    const folder = context({ Dockerfile: "FROM busybox\nRUN echo one\nRUN echo two; exit 9\n" });
    await ours(folder);
    const { code, stderr } = await ours("--progress", "plain", folder);
    expect(code).toBe(9);
    expect(stderr).toContain("#2 CACHED");
    expect(stderr).toMatch(/#3 \d+\.\d+ two/);
    expect(stderr).toContain("   3 | >>> RUN echo two; exit 9");
  });
  test("takes a Dockerfile from stdin, from elsewhere, and a .dockerignore of its own", async () => {
    const folder = context({
      a: "a",
      b: "b",
      "own.Dockerfile": "FROM busybox\nCOPY . /c",
      "own.Dockerfile.dockerignore": "b\n*own*",
    });
    expect((await ours("-t", "own", "-f", join(folder, "own.Dockerfile"), folder)).code).toBe(0);
    expect(await sh("own", "ls /c")).toBe("a");
    const stdin = "FROM busybox\nCOPY . /c\n";
    const result = await engine.docker(["build", "-t", "piped", "-f", "-", folder], { cli: OUR_CLI, stdin });
    expect(result.code).toBe(0);
    expect(await sh("piped", "ls /c")).toBe("a\nb\nown.Dockerfile\nown.Dockerfile.dockerignore");
  });
  test("writes files, archives, ids and metadata", async () => {
    const folder = context({ Dockerfile: "FROM scratch\nCOPY f /deep/f", f: "exported" });
    const out = join(engine.folder, "out");
    const metadata = join(engine.folder, "metadata.json");
    expect((await ours("-o", out, "--metadata-file", metadata, "-t", "files", folder)).code).toBe(0);
    expect(await Bun.file(join(out, "deep/f")).text()).toBe("exported");
    expect(readdirSync(out)).toEqual(["deep"]);
    const id = await engine.ok("image", "inspect", "-f", "{{.Id}}", "files");
    expect(await Bun.file(metadata).json()).toMatchObject({ "containerimage.config.digest": id });
    expect((await ours("-q", folder)).stdout).toBe(`${id}\n`);
    expect(
      (await ours("-o", `type=docker,dest=${join(engine.folder, "f.tar")}`, "-t", "files", folder)).code,
    ).toBe(0);
    expect(existsSync(join(engine.folder, "f.tar"))).toBe(true);
  });
  test("builder prune takes cache folders away, system df shows them", async () => {
    const folder = context({
      Dockerfile: "FROM busybox\nRUN --mount=type=cache,id=big,target=/c head -c 100000 /dev/zero > /c/x",
    });
    expect((await ours(folder)).code).toBe(0);
    const usage = await engine.ok("system", "df", "-v", "--format", "{{json .BuildCache}}");
    expect(usage).toContain("cached mount big");
    const du = await engine.docker(["builder", "du"], { cli: OUR_CLI });
    expect(du.stdout).toMatch(/^ID +RECLAIMABLE +SIZE +LAST ACCESSED\n[0-9a-f]+ +true +100kB/);
    const pruned = await engine.docker(["builder", "prune", "-f"], { cli: OUR_CLI });
    expect(pruned.stdout).toContain("Deleted build cache objects:");
    expect(await engine.ok("system", "df", "--format", "{{.Type}} {{.TotalCount}}")).toContain(
      "Build Cache 0",
    );
  });
});

describe("contexts that are not to be trusted", () => {
  /** A tar of raw entries, by the system's tar or by hand. */
  const post = async (body: Uint8Array | string, query = "") => {
    const response = await fetch(`http://d/v1.41/build?${query}`, {
      method: "POST",
      unix: join(engine.folder, "docker.sock"),
      headers: { "content-type": "application/x-tar" },
      body: body as Bun.BodyInit,
    });
    return { status: response.status, text: await response.text() };
  };
  const archive = (...entries: [Parameters<typeof tarHeader>[0], string?][]) =>
    Buffer.concat([
      ...entries.flatMap(([fields, content = ""]) => [
        encodeHeader(tarHeader({ ...fields, size: content.length })),
        Buffer.from(content),
        padding(content.length),
      ]),
      END_OF_ARCHIVE,
    ]);
  const file = (name: string, content: string): [Parameters<typeof tarHeader>[0], string] => [
    { name, type: "file" },
    content,
  ];
  const link = (name: string, linkname: string): [Parameters<typeof tarHeader>[0]] => [
    { name, type: "symlink", linkname },
  ];
  const DOCKERFILE = file("Dockerfile", "FROM busybox\nCOPY x /x\nRUN cat /x\n");

  test("links lead nowhere outside of the context", async () => {
    const absolute = await post(archive(DOCKERFILE, link("x", "/etc/hostname")));
    expect(absolute.text).toContain("file not found in build context");
    const upwards = await post(archive(DOCKERFILE, link("x", "../../../../../etc/hostname")));
    expect(upwards.text).toContain("file not found in build context");
    const inside = await post(archive(DOCKERFILE, link("x", "/real"), file("real", "from inside")));
    expect(inside.text).toContain("from inside");
    const circle = await post(archive(DOCKERFILE, link("x", "y"), link("y", "x")));
    expect(circle.text).toContain("they go in circles");
    const dockerfile = await post(archive(link("Dockerfile", "/etc/hostname")));
    expect(dockerfile).toMatchObject({
      status: 500,
      text: expect.stringContaining("Cannot locate specified Dockerfile"),
    });
  });
  test("entries above the root, devices and broken archives are refused", async () => {
    expect(await post(archive(DOCKERFILE, file("../x", "out")))).toMatchObject({ status: 400 });
    const device = await post(archive(DOCKERFILE, [{ name: "x", type: "char", devmajor: 1, devminor: 3 }]));
    expect(device.text).toContain("has a device in it");
    expect(
      (await post(archive(DOCKERFILE, [{ name: "x", type: "link", linkname: "/etc/passwd" }]))).text,
    ).toContain("which is not in the archive");
    expect(
      (await post("this is no archive at all, but long enough".repeat(100))).status,
    ).toBeGreaterThanOrEqual(400);
    const cut = archive(DOCKERFILE, file("x", "y".repeat(5000))).subarray(0, 3000);
    expect((await post(cut)).text).toContain("unexpected EOF");
    expect((await post(Bun.gzipSync(archive(DOCKERFILE)).subarray(0, 60))).status).toBeGreaterThanOrEqual(
      400,
    );
    expect((await post(archive())).text).toContain("Cannot locate specified Dockerfile");
  });
  test("a client that never finishes its context leaves nothing behind", async () => {
    const controller = new AbortController();
    const endless = new ReadableStream({
      pull: (stream) =>
        void stream.enqueue(encodeHeader(tarHeader({ name: `${Math.random()}`, type: "file" }))),
    });
    const asked = fetch("http://d/v1.41/build", {
      method: "POST",
      unix: join(engine.folder, "docker.sock"),
      body: endless,
      signal: controller.signal,
    });
    await Bun.sleep(300);
    controller.abort();
    await asked.catch(() => {});
    const spool = join(engine.folder, "root/tmp/builder");
    await eventually(
      "no spool is left",
      () => (existsSync(spool) ? readdirSync(spool) : []),
      (names) => names.length === 0,
    );
    expect((await build("FROM busybox\nENV still=here")).code).toBe(0);
  });
});
