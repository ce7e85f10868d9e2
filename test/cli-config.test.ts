/** Contexts: what our client and the stock one do to a configuration folder, and what they print. No engine needed. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasComparedClient } from "./lib/both-clients.ts";
import { OUR_CLI, STOCK_CLI } from "./lib/engine.ts";

const here = hasComparedClient();
if (!here) console.error("cli-config.test.ts: skipped, the stock client 28.2.2 is not installed");

const folder = mkdtempSync("/tmp/pequod-config-");
afterAll(() => rmSync(folder, { recursive: true }));

const home = join(folder, "home");

/** All files under a folder, by path. */
function files(root: string): Record<string, string> {
  const paths = readdirSync(root, { recursive: true })
    .map((path) => String(path))
    .sort();
  const regular = paths.filter((path) => statSync(join(root, path)).isFile());
  return Object.fromEntries(regular.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

/** Runs commands one after the other in a fresh home; returns what each printed, and the files at the end. */
function story(cli: string, commands: string[], env: Record<string, string>) {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home);
  const results = commands.map((line) => {
    const words = line.match(/'[^']*'|\S+/g)!.map((word) => word.replace(/^'|'$/g, ""));
    const child = Bun.spawnSync([cli, ...words], {
      env: { PATH: process.env["PATH"], HOME: home, ...env },
      stdin: "ignore",
    });
    return { line, code: child.exitCode, out: child.stdout.toString(), err: child.stderr.toString() };
  });
  return { results, files: files(home) };
}

const CREATE = [
  "context create one --docker host=tcp://1.2.3.4:5 --description words",
  "context create two --docker skip-tls-verify=true,host=tcp://h:1",
  "context create copy --from one --description other",
  "context create copied --docker from=two",
  "context create current",
  "context ls",
];

const STORIES: Record<string, string[]> = {
  "create and list": [
    ...CREATE,
    "context ls -q",
    "context ls --format json",
    "context ls --format '{{.Foo}}'",
  ],
  inspect: [
    ...CREATE,
    "context inspect",
    "context inspect one two nope",
    "context inspect -f json one",
    "context show",
  ],
  use: [
    ...CREATE,
    "context use one",
    "context show",
    "context ls",
    "context rm one",
    "context rm -f one nope default",
    "context use nope",
    "context use default",
    "context use",
  ],
  update: [
    ...CREATE,
    "context update one --description changed",
    "context update one --docker host=unix:///x",
    "context update two",
    "context update nope",
    "context update default",
    "context inspect one two",
  ],
  refusals: [
    "context create x",
    "context create one!",
    "context create default",
    "context create one --docker foo=bar",
    "context create one --docker a",
    "context create one --docker ca=/nonexist,host=tcp://a",
    "context create one --docker ca=/etc/hostname,host=tcp://a",
    "context create one --from nope",
    "context create one --docker host=tcp://a:1",
    "context create one --docker host=tcp://a:1",
    "context rm",
    "context rm nope",
    "context show x",
    "-c nope context ls",
    "-c nope context show",
    "-c nope ps",
    "-c one -H unix:///x ps",
  ],
};

describe.skipIf(!here)("docker context, by both clients", () => {
  const environments: Record<string, Record<string, string>> = {
    "the default socket": {},
    DOCKER_HOST: { DOCKER_HOST: "unix:///tmp/none.sock" },
    DOCKER_CONTEXT: { DOCKER_CONTEXT: "one" },
  };
  for (const [what, env] of Object.entries(environments)) {
    test.each(Object.entries(STORIES))(`%s, with ${what}`, (_, commands) => {
      expect(story(OUR_CLI, commands, env)).toEqual(story(STOCK_CLI, commands, env));
    });
  }
});

describe.skipIf(!here)("docker context export and import", () => {
  const at = (name: string) => join(folder, name);
  const run = (cli: string, line: string, stdin?: Uint8Array) => {
    const child = Bun.spawnSync([cli, "context", ...line.split(" ")], {
      env: { PATH: process.env["PATH"], HOME: home },
      stdin: stdin ?? "ignore",
      cwd: folder,
    });
    return { code: child.exitCode, out: child.stdout.toString(), err: child.stderr.toString() };
  };
  const made = () => {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(join(home, ".docker"), { recursive: true });
    const key = `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${at("key.pem")} -out ${at("cert.pem")} -subj /CN=x -days 9`;
    expect(Bun.spawnSync(key.split(" "), { stderr: "ignore" }).exitCode).toBe(0);
    const endpoint = `host=tcp://a:1,ca=${at("cert.pem")},cert=${at("cert.pem")},key=${at("key.pem")}`;
    expect(run(STOCK_CLI!, `create one --description words --docker ${endpoint}`).code).toBe(0);
  };

  test("either client takes what the other has written, keys included", () => {
    made();
    const original = files(home);
    for (const [writer, reader] of [
      [OUR_CLI, STOCK_CLI!],
      [STOCK_CLI!, OUR_CLI],
      [OUR_CLI, OUR_CLI],
    ] as const) {
      rmSync(at("one.dockercontext"), { force: true });
      expect(run(writer, "export one").err).toBe('Written file "one.dockercontext"\n');
      expect(statSync(at("one.dockercontext")).mode & 0o777).toBe(0o600);
      run(OUR_CLI, "rm one");
      expect(run(reader, "import one one.dockercontext")).toEqual({
        code: 0,
        out: "one\n",
        err: 'Successfully imported context "one"\n',
      });
      expect(files(home)).toEqual(original);
    }
    expect(run(STOCK_CLI!, "import two -", readFileSync(at("one.dockercontext"))).code).toBe(0);
    expect(run(OUR_CLI, "import three -", readFileSync(at("one.dockercontext"))).code).toBe(0);
  });

  test("what cannot be is refused in the same words", () => {
    made();
    run(OUR_CLI, "export one there");
    writeFileSync(at("junk"), "hi");
    writeFileSync(at("meta.json"), "{}");
    Bun.spawnSync(["tar", "cf", "odd", "meta.json", "junk"], { cwd: folder });
    Bun.spawnSync(["tar", "cf", "none", "--files-from=/dev/null"], { cwd: folder });
    for (const line of [
      "export one there",
      "export nope",
      "export",
      "import one there",
      "import two nope",
      "import two junk",
      "import two odd",
      "import two none",
      "import default there",
      "import a! there",
      "import two",
    ])
      expect({ line, ...run(OUR_CLI, line) }).toEqual({ line, ...run(STOCK_CLI!, line) });
  });
});

describe("completion in bash", () => {
  /** What bash would offer for a line, by our script: COMP_WORDS is split as bash splits, at ":" and "=" too. */
  function offered(line: string): string[] {
    const words = line
      .split(" ")
      .flatMap((word) => (word === "" ? [""] : word.split(/([:=])/).filter(Boolean)));
    const script = `source <("$0" completion bash); COMP_LINE=$1; COMP_POINT=\${#COMP_LINE}; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _docker; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const child = Bun.spawnSync(["bash", "-c", script, OUR_CLI, line, ...words], {
      env: { PATH: process.env["PATH"], HOME: home, DOCKER_HOST: "unix:///tmp/none.sock" },
    });
    return child.stdout.toString().trim().split("\n");
  }
  test("commands, flags, their values, and names", () => {
    story(OUR_CLI, ["context create one --docker host=tcp://a:1"], {});
    const docker = OUR_CLI;
    expect(offered(`${docker} netw`)).toEqual(["network"]);
    expect(offered(`${docker} volume `)).toEqual(["create", "inspect", "ls", "prune", "rm"]);
    expect(offered(`${docker} run --pull=always --restart un`)).toEqual(["unless-stopped"]);
    expect(offered(`${docker} context use `)).toEqual(["default", "one"]);
    expect(offered(`${docker} image rm --no-p`)).toEqual(["--no-prune"]);
    expect(offered(`${docker} rm `)).toEqual([""]);
  });
});
