/** Our client and the stock one, side by side on one engine: what they print, where, and how they end. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasComparedClient } from "./lib/both-clients.ts";
import { type Engine, OUR_CLI, type Result, STOCK_CLI, startTestEngine } from "./lib/engine.ts";

const here = hasComparedClient();
if (!here) console.error("cli-containers.test.ts: skipped, the stock client 28.2.2 is not installed");

let engine: Engine;
beforeAll(async () => {
  if (!here) return;
  engine = await startTestEngine();
  const run = ["run", "-d", "--network", "none", "-l", "a=b", "-l", "com.example.my-label=x y"];
  const script = "echo one; echo two >&2; echo three; exec sleep 1000";
  await engine.ok(...run, "--name", "up", "-v", "vol:/v", "busybox", "sh", "-c", script);
  await engine.ok(
    "create",
    "--name",
    "made",
    "--network",
    "none",
    "busybox",
    "sh",
    "-c",
    "echo \"a b\" <>&'c'",
  );
  await engine.ok(
    "run",
    "-t",
    "--name",
    "done",
    "--network",
    "none",
    "busybox",
    "sh",
    "-c",
    "echo tty; exit 0",
  );
});
afterAll(() => engine?.stop());

const IDS = /\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g;
const AGES = /(Less than a|About a|About an|\d+) (second|minute|hour)s?/g;

/** What stock's client tells of its own pipes when a copy is refused. */
const PIPES = /^time=.* level=error msg="Can't (add file|close tar writer).*\n/gm;

/** Ids and times as words; where ages make columns wider or narrower, the spaces are of no account. */
function plain(text: string): string {
  const named = text.replace(PIPES, "").replace(IDS, "ID");
  const aged = named.replace(AGES, "AGE");
  return aged === named ? named : aged.replace(/ +/g, " ");
}

const withoutIds = ({ code, stdout, stderr }: Result): Result => ({
  code,
  stdout: plain(stdout),
  stderr: plain(stderr),
});

const both = async (args: string[]): Promise<[ours: Result, stock: Result]> => [
  await engine.docker(args, { cli: OUR_CLI }),
  await engine.docker(args, { cli: STOCK_CLI }),
];

const READING: string[][] = [
  ["ps"],
  ["ps", "-a"],
  ["ps", "-aq"],
  ["ps", "-q", "--no-trunc"],
  ["ps", "-l"],
  ["ps", "-n", "2"],
  ["ps", "-as"],
  ["ps", "-a", "--no-trunc"],
  ["ps", "-a", "--format", "json"],
  ["ps", "-a", "--format", "{{json .}}"],
  ["ps", "-a", "--format", "raw"],
  ["ps", "-as", "--format", "raw"],
  ["ps", "-aq", "--format", "raw"],
  ["ps", "-q", "--format", "{{.ID}}"],
  [
    "ps",
    "-a",
    "--format",
    'table {{.Names}}\t{{upper .Image}}\t{{.Label "com.example.my-label"}}\t{{json .Mounts}}',
  ],
  [
    "ps",
    "-a",
    "--format",
    "{{.Names}}\\t{{.Ports}}|{{.LocalVolumes}}|{{.Networks}}|{{.Labels}}|{{.State}}|{{.Size}}",
  ],
  ["ps", "--size=false", "--format", "{{.Size}}"],
  [
    "ps",
    "-a",
    "--format",
    '{{if eq .Names "up"}}yes{{else}}no{{end}} {{printf "%-8s|" .Names}} {{truncate .Image 3}}',
  ],
  ["ps", "--format", "{{.Foo}}"],
  ["ps", "--format", "{{.ID"],
  ["ps", "--format", "{{.Label}}"],
  ["ps", "--format", "table"],
  ["ps", "-a", "-f", "name=up", "-f", "status=running"],
  ["ps", "-a", "-f", "status=exited", "-f", "exited=0"],
  ["ps", "-a", "-f", "ancestor=busybox", "-f", "label=a=b", "--format", "{{.Names}}"],
  ["ps", "-f", "nonsense"],
  ["ps", "-f", "foo=bar"],
  ["ps", "-n", "x"],
  ["ps", "extra"],
  ["logs", "up"],
  ["logs", "-t", "up"],
  ["logs", "--tail", "1", "up"],
  ["logs", "--since", "1h", "up"],
  ["logs", "--until", "1h", "up"],
  ["logs", "--details", "up"],
  ["logs", "made"],
  ["logs", "done"],
  ["logs", "none"],
  ["logs", "--since", "nonsense", "up"],
  ["inspect", "made"],
  ["inspect", "up", "none", "made"],
  ["inspect", "-f", "json", "made"],
  [
    "inspect",
    "-f",
    "{{.Name}} {{.State.Running}} {{json .Config.Labels}} {{.HostConfig.Memory}}",
    "up",
    "made",
  ],
  [
    "inspect",
    "-f",
    "{{range .Mounts}}{{.Name}} {{.Destination}}{{end}}|{{len .Config.Env}}|{{index .Config.Cmd 0}}",
    "up",
  ],
  ["inspect", "-f", "{{if .State.Health}}checked{{else}}not checked{{end}}", "up"],
  ["inspect", "-f", "{{.State.Health.Status}}", "up"],
  ["inspect", "-f", "{{.Foo}}", "up"],
  ["inspect", "-f", "{{.Id", "up"],
  ["inspect", "-f", "{{.Id}}", "none"],
  ["inspect", "-s", "up"],
  ["inspect", "busybox"],
  ["inspect", "none"],
  ["inspect", "vol"],
  ["inspect", "bridge"],
  ["inspect", "-s", "-f", "{{.Name}}", "vol"],
  ["inspect", "--type", "image", "up"],
  ["inspect", "--type", "container", "up"],
  ["inspect", "--type", "nonsense", "up"],
  ["inspect", "--type", "", "up"],
  ["container", "inspect", "busybox"],
  ["container", "ls", "-a"],
  ["container", "list", "-q"],
  ["container", "ps", "-l"],
  ["container", "nonsense"],
  ["container", "--nonsense"],
  ["port", "up"],
  ["port", "up", "80"],
  ["port", "up", "80/udp"],
  ["port", "up", "nonsense"],
  ["port", "none"],
  ["top", "up"],
  ["top", "up", "-o", "pid,args"],
  ["top", "made"],
  ["top", "none"],
  ["diff", "made"],
  ["diff", "none"],
  ["stats", "--no-stream", "none"],
  ["stats", "--no-stream", "--format", "{{.Container}} {{.Name}} {{.PIDs}}", "up"],
  ["stats", "--no-stream", "--format", "{{.Foo}}", "up"],
  ["events", "--since", "1h", "--until", "0s", "-f", "type=container"],
  ["events", "--since", "1h", "--until", "0s", "-f", "container=up", "--format", "json"],
  [
    "events",
    "--since",
    "1h",
    "--until",
    "0s",
    "--format",
    "{{.Type}} {{.Action}} {{.Actor.Attributes.name}} {{.TimeNano}}",
  ],
  ["events", "--format", "{{.Foo}}"],
  ["events", "--since", "nonsense"],
  ["export", "none"],
  ["export", "-o", "/no/such/folder/x", "made"],
  ["export", "-o", "/dev/null", "made"],
];

const REFUSED: string[][] = [
  ["run"],
  ["run", "-d", "-a", "stdout", "busybox"],
  ["run", "--rm", "--restart", "always", "busybox"],
  ["run", "--pull", "never", "no-such-image", "true"],
  ["run", "--pull", "sometimes", "busybox"],
  ["run", "BusyBox"],
  ["run", "--memory", "1k", "busybox"],
  ["run", "--name", "up", "busybox"],
  ["run", "--name", "-", "busybox"],
  ["create", "--name", "up", "busybox"],
  ["create", "--pull", "never", "no-such-image"],
  ["create", "inva lid"],
  ["start", "none", "none2"],
  ["start", "-a", "none"],
  ["start", "-a", "up", "made"],
  ["start"],
  ["attach", "none"],
  ["attach", "made"],
  ["attach"],
  ["exec", "none", "ls"],
  ["exec", "made", "ls"],
  ["exec", "up"],
  ["exec", "-it", "up", "sh"],
  ["exec", "-it", "none", "sh"],
  ["stop", "none", "none2"],
  ["stop", "-t", "nonsense", "up"],
  ["stop", "-t", "1", "--time", "2", "up"],
  ["kill", "made", "none"],
  ["kill", "-s", "NONSENSE", "up"],
  ["restart", "none"],
  ["pause", "made"],
  ["unpause", "up"],
  ["rm", "up"],
  ["rm", "none", ""],
  ["rm", "-f", "none"],
  ["rm", "-z", "x"],
  ["wait", "none"],
  ["rename", "none", "x"],
  ["rename", "made", "made"],
  ["rename", "made", "up"],
  ["rename", "made", ""],
  ["rename", "made"],
  ["update", "made"],
  ["update", "--memory", "1k", "made", "none"],
  ["update", "--restart", "on-failure:x", "made"],
  ["commit", "none"],
  ["commit", "made", "UPPER"],
  ["commit", "made", "a@sha256:abc"],
  ["container", "prune", "--filter", "nonsense=x", "-f"],
  ["container", "prune"],
  ["cp", "none:/x", "/tmp"],
  ["cp", "a", "b"],
  ["cp", "up:/a", "made:/b"],
  ["cp", "-", "/tmp"],
  ["cp", "up:/none", "/tmp"],
  ["cp", "up:/etc/passwd", "/no/such/folder/x"],
  ["cp", "up:/etc/passwd", "/dev/null"],
  ["cp", "/no/such/file", "up:/"],
  ["cp", "", "up:/"],
  ["cp", "/etc/passwd", "up:/no/such/folder/x"],
  ["cp", "/etc/passwd", "up:/newfolder/"],
  ["cp", "/etc", "up:/etc/passwd"],
  ["cp", "-", "up:/etc/passwd"],
];

describe.skipIf(!here)("both clients", () => {
  describe.each([
    ["reads", READING],
    ["is refused", REFUSED],
  ])("%s", (_, commands) => {
    test.each(commands.map((args) => [args.join(" "), args] as const))("docker %s", async (_, args) => {
      const [ours, stock] = await both(args);
      expect(withoutIds(ours)).toEqual(withoutIds(stock));
    });
  });

  test("exec without an image or command is told how", async () => {
    for (const args of [
      ["exec", "up"],
      ["container", "rm"],
      ["cp", "x"],
      ["rename", "x"],
      ["logs"],
      ["logs", "x", "y"],
    ]) {
      const [ours, stock] = await both(args);
      expect(ours).toEqual(stock);
    }
  });

  /** Steps that change something: each client does them all, on a container of its own of the same name. */
  const LIFE: string[][] = [
    [
      "create",
      "--name",
      "NAME",
      "--network",
      "none",
      "-i",
      "busybox",
      "sh",
      "-c",
      "trap 'exit 4' INT; echo begun; [ -e /once ] && exit 5; touch /once; while :; do sleep 0.02; done",
    ],
    ["start", "NAME"],
    ["pause", "NAME"],
    ["ps", "-f", "name=NAME", "--format", "{{.State}} {{.Command}}"],
    ["pause", "NAME"],
    ["unpause", "NAME"],
    ["exec", "NAME", "sh", "-c", "echo out; echo err >&2; exit 6"],
    ["exec", "-e", "A=1", "-w", "/tmp", "-u", "daemon", "NAME", "sh", "-c", "echo $A $PWD; id -un"],
    ["exec", "NAME", "nonesuch"],
    ["exec", "NAME", "/etc/passwd"],
    ["exec", "-d", "NAME", "touch", "/made-by-exec"],
    ["update", "--memory", "64m", "--memory-swap", "64m", "NAME"],
    ["inspect", "-f", "{{.HostConfig.Memory}}", "NAME"],
    ["rename", "NAME", "NAME-2"],
    ["rename", "NAME-2", "NAME"],
    ["kill", "-s", "INT", "NAME"],
    ["wait", "NAME"],
    ["kill", "NAME"],
    ["stop", "NAME"],
    ["restart", "-t", "0", "NAME"],
    ["stop", "-t", "0", "NAME"],
    ["logs", "NAME"],
    ["start", "-a", "NAME"],
    ["diff", "NAME"],
    ["commit", "-m", "x", "NAME", "image-of-NAME:1"],
    ["rm", "-v", "NAME"],
    ["rm", "NAME"],
    ["run", "--rm", "--network", "none", "image-of-NAME:1", "ls", "/made-by-exec"],
    ["run", "--rm", "--network", "none", "busybox", "sh", "-c", "kill -9 $$"],
    ["run", "--rm", "--network", "none", "busybox", "nonesuch"],
    ["run", "--rm", "--network", "none", "busybox", "/etc/passwd"],
    ["run", "--rm", "--network", "none", "-w", "/etc/passwd", "busybox", "true"],
    [
      "run",
      "--rm",
      "-a",
      "stderr",
      "--network",
      "none",
      "busybox",
      "sh",
      "-c",
      "echo out; echo err >&2; exit 2",
    ],
    ["run", "--rm", "-t", "--network", "none", "busybox", "sh", "-c", "echo tty; exit 3"],
    ["run", "-d", "--rm", "--name", "NAME", "--network", "none", "busybox", "sh", "-c", "sleep 1000"],
    ["rm", "-f", "NAME"],
  ];

  test("a container's life goes alike", async () => {
    const lives = [OUR_CLI, STOCK_CLI].map(async (cli, i) => {
      const name = ["ours1", "stock"][i]!;
      const steps: [string, Result][] = [];
      for (const step of LIFE) {
        const args = step.map((word) => word.replaceAll("NAME", name));
        const result = withoutIds(await engine.docker(args, { cli }));
        const renamed = (text: string) => text.replaceAll(name, "NAME");
        steps.push([
          step.join(" "),
          { ...result, stdout: renamed(result.stdout), stderr: renamed(result.stderr) },
        ]);
      }
      return steps;
    });
    const [ours, stock] = await Promise.all(lives);
    for (let i = 0; i < LIFE.length; i++) expect(ours![i]).toEqual(stock![i]!);
  });

  test("stdin of any kind gets to the container", async () => {
    const args = ["run", "-i", "--rm", "--network", "none", "busybox", "sha256sum"];
    const data = crypto.getRandomValues(new Uint8Array(60_000));
    const sum = `${new Bun.CryptoHasher("sha256").update(data).digest("hex")}  -\n`;
    const file = join(engine.folder, "input");
    writeFileSync(file, data);
    const environment = { ...process.env, DOCKER_HOST: engine.host };
    const viaShell = async (redirection: string) => {
      const script = `${redirection.replace("DOCKER", [OUR_CLI, ...args].join(" "))}`;
      const child = Bun.spawn(["sh", "-c", script], { env: environment, stdout: "pipe", stdin: "ignore" });
      return new Response(child.stdout).text();
    };
    expect(await viaShell(`DOCKER < ${file}`)).toBe(sum);
    expect(await viaShell(`cat ${file} | DOCKER`)).toBe(sum);
    const empty = `${new Bun.CryptoHasher("sha256").update("").digest("hex")}  -\n`;
    expect(await viaShell("DOCKER < /dev/null")).toBe(empty);
    expect(await viaShell("DOCKER <&-")).toBe(empty);
    expect((await engine.docker(args, { cli: OUR_CLI, stdin: data })).stdout).toBe(sum);
  });

  test("a signal goes to the container, unless told otherwise", async () => {
    const script = 'trap "echo term; exit 8" TERM; echo ready; while :; do sleep 0.02; done';
    for (const cli of [OUR_CLI, STOCK_CLI]) {
      const child = Bun.spawn([cli, "run", "--rm", "--network", "none", "busybox", "sh", "-c", script], {
        env: { ...process.env, DOCKER_HOST: engine.host },
        stdin: "ignore",
        stdout: "pipe",
      });
      const reader = child.stdout.getReader();
      expect(new TextDecoder().decode((await reader.read()).value)).toBe("ready\n");
      child.kill("SIGTERM");
      expect(new TextDecoder().decode((await reader.read()).value)).toBe("term\n");
      expect(await child.exited).toBe(8);
    }
  });

  describe("docker cp", () => {
    /** What a folder holds, with modes and link targets. */
    async function listing(folder: string): Promise<string> {
      const child = Bun.spawn(["find", folder, "-mindepth", "1", "-printf", "%P %y %m %s %l\n"], {
        stdout: "pipe",
      });
      return (await new Response(child.stdout).text()).split("\n").sort().join("\n");
    }

    function sources(folder: string): void {
      mkdirSync(join(folder, "src/dir/sub"), { recursive: true });
      for (const [name, text] of [
        ["file", "file\n"],
        ["a:b", "colon\n"],
        ["dir/inner", "inner\n"],
        ["dir/sub/deep", "deep\n"],
      ] as const)
        writeFileSync(join(folder, "src", name), text);
      chmodSync(join(folder, "src/file"), 0o640);
      symlinkSync("file", join(folder, "src/link"));
      symlinkSync("dir", join(folder, "src/dirlink"));
      symlinkSync("missing", join(folder, "src/broken"));
    }

    const IN: string[][] = [
      ["src/file", ":/n1"],
      ["src/file", ":/tmp"],
      ["src/file", ":/tmp/"],
      ["src/dir", ":/n2"],
      ["src/dir", ":/tmp"],
      ["src/dir/.", ":/n3"],
      ["src/dir/.", ":/tmp"],
      ["src/link", ":/n4"],
      ["-L", "src/link", ":/n5"],
      ["-L", "src/link", ":/n2"],
      ["src/dirlink", ":/n6"],
      ["src/dirlink/", ":/n7"],
      ["-L", "src/dirlink", ":/n8"],
      ["src/broken", ":/n9"],
      ["-L", "src/broken", ":/n10"],
      ["src/file/", ":/n11"],
      ["-a", "src/file", ":/n12"],
      ["./src/a:b", ":/n13"],
      ["src/file", ":n14"],
      ["src/dir", ":/n1"],
      ["src/file", ":/n4"],
      ["src", ":/n15"],
    ];
    const OUT: string[][] = [
      [":/n1", "."],
      [":/n1", "out"],
      [":/n1", "out/new"],
      [":/n2", "out"],
      [":/n2/.", "out/content"],
      [":/n2", "out/renamed"],
      [":/n4", "out/"],
      ["-L", ":/n4", "out/followed"],
      [":/n6", "out/"],
      [":/n9", "out"],
      ["-L", ":/n9", "out/lost"],
      [":/n2", "out/new"],
      [":/n1", "out/nofolder/"],
      ["-a", ":/n1", "out/archived"],
      ["-q", ":/n1", "out/quiet"],
    ];

    test("does the same with files, folders and links, in both directions", async () => {
      const outcomes = [OUR_CLI, STOCK_CLI].map(async (cli, i) => {
        const name = ["copy-ours-", "copy-stock"][i]!;
        const folder = join(engine.folder, name);
        sources(folder);
        mkdirSync(join(folder, "out"));
        await engine.ok("run", "-d", "--name", name, "--network", "none", "busybox", "sleep", "1000");
        const steps: unknown[] = [];
        for (const step of [...IN, ...OUT]) {
          const args = step.map((word) => (word.startsWith(":") ? name + word : word));
          const child = Bun.spawn([cli, "cp", ...args], {
            cwd: folder,
            env: { ...process.env, DOCKER_HOST: engine.host, HOME: folder },
            stdin: "ignore",
            stdout: "pipe",
            stderr: "pipe",
          });
          const text = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
          // Stock's client logs what its own pipes think of a refusal.
          const said = text.replaceAll(name, "NAME").replace(/^time=.*\n/gm, "");
          steps.push([step.join(" "), await child.exited, said]);
        }
        const inside = "find /n* /tmp | sort | xargs -n 1 stat -c '%n %F %a %s %N'";
        steps.push(await engine.ok("exec", name, "sh", "-c", inside));
        steps.push(await listing(folder));
        await engine.ok("rm", "-f", name);
        return steps;
      });
      const [ours, stock] = await Promise.all(outcomes);
      expect(ours).toEqual(stock!);
    });

    test("takes and gives tar archives on stdin and stdout", async () => {
      const folder = join(engine.folder, "tars");
      sources(folder);
      const tar = new Uint8Array(
        await new Response(Bun.spawn(["tar", "-C", join(folder, "src"), "-c", "dir"]).stdout).arrayBuffer(),
      );
      for (const cli of [OUR_CLI, STOCK_CLI]) {
        const target = `up:/tmp`;
        expect(await engine.docker(["cp", "-", target], { cli, stdin: tar })).toEqual({
          code: 0,
          stdout: "",
          stderr: "",
        });
        expect(await engine.ok("exec", "up", "cat", "/tmp/dir/inner")).toBe("inner");
        await engine.ok("exec", "up", "rm", "-r", "/tmp/dir");
      }
      const [ours, stock] = await both(["cp", "up:/etc/passwd", "-"]);
      expect(ours).toEqual(stock);
      expect(ours.stdout).toContain("root:x:0:0");
    });
  });
});
