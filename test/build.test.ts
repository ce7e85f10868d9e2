import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Engine, eventually, type Result, startTestEngine } from "./lib/engine.ts";

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
  test("--security=insecure needs leave, ssh is not there yet", async () => {
    expect((await build("FROM busybox\nRUN --security=insecure true")).stderr).toContain(
      "security.insecure is not allowed",
    );
    expect((await build("FROM busybox\nRUN --mount=type=ssh true")).stderr).toContain("not implemented");
  });
  test("a failed command gives its exit code and text, and leaves no container", async () => {
    const failed = await build("FROM busybox\nRUN echo words; exit 42");
    expect(failed.code).toBe(42);
    expect(failed.stdout).toContain("words");
    expect(failed.stderr).toContain(
      "The command '/bin/sh -c echo words; exit 42' returned a non-zero code: 42",
    );
    expect(await engine.ok("ps", "-aq")).toBe("");
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
      `RUN --mount=type=cache,target=/m touch /m/${me}; for i in $(seq 100); do [ -e /m/${other} ] && exit 0; sleep 0.1; done; exit 1`;
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

describe("errors", () => {
  test("tell file, line, instruction, and what was probably meant", async () => {
    const { code, stderr } = await build("FROM busybox\n\nCOYP a b");
    expect(code).toBe(1);
    expect(stderr).toContain("dockerfile parse error line 3: unknown instruction: COYP (did you mean COPY?)");
    expect(stderr).toContain("Dockerfile:3\n");
    expect(stderr).toContain("   3 | >>> COYP a b");
  });
});
