/** Base images of programs that this host has, so that real-world Dockerfiles need no registry and no mirror. */
import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const FIXED = ["--sort=name", "--mtime=@1500000000", "--owner=0", "--group=0", "--numeric-owner"];

function run(command: string[]): string {
  const child = Bun.spawnSync(command, { stderr: "pipe" });
  if (child.exitCode !== 0) throw new Error(`${command.slice(0, 3).join(" ")}: ${child.stderr}`);
  return child.stdout.toString();
}

export interface HostImage {
  tag: string;
  /** Programs by path, with the libraries that they need. */
  programs: readonly string[];
  /** Folders and files as they are; patterns of those that are left out. */
  paths: readonly string[];
  without?: readonly string[];
  files?: Record<string, string>;
}

/** Writes a docker-archive. Throws if the host does not have what is wanted. */
export function writeHostImage(
  output: string,
  { tag, programs, paths, without = [], files = {} }: HostImage,
): void {
  const work = mkdtempSync(join(tmpdir(), "host-image-"));
  try {
    const wanted = new Set<string>();
    for (const program of programs) withLibraries(program, wanted);
    for (const path of paths.flatMap((one) => globSync(one))) addPath(path, wanted);
    const root = join(work, "root");
    for (const folder of [
      "usr/bin",
      "usr/sbin",
      "usr/lib",
      "usr/lib64",
      "etc",
      "root",
      "tmp",
      "var/lib",
      "var/log",
      "dev",
      "proc",
      "sys",
    ])
      mkdirSync(join(root, folder), { recursive: true });
    for (const name of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(root, name));
    const defaults = { "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "etc/group": "root:x:0:\n" };
    for (const [path, content] of Object.entries({ ...defaults, ...files })) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    const listed = [...wanted].filter((path) => !isBelow(path, wanted));
    writeFileSync(join(work, "list"), listed.map((path) => `${path.slice(1)}\n`).join(""));
    const layer = join(work, "layer.tar");
    const excluded = without.map((pattern) => `--exclude=${pattern}`);
    run(["tar", ...FIXED, "-cf", layer, "-C", root, ".", ...excluded, "-C", "/", "-T", join(work, "list")]);
    writeArchive(work, output, tag);
  } finally {
    rmSync(work, { recursive: true });
  }
}

function writeArchive(work: string, output: string, tag: string): void {
  const created = "2017-07-14T02:40:00Z";
  const config = JSON.stringify({
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    created,
    config: { Cmd: ["sh"], Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] },
    rootfs: { type: "layers", diff_ids: [`sha256:${sha256(readFileSync(join(work, "layer.tar")))}`] },
    history: [{ created, created_by: "host" }],
  });
  const name = `${sha256(config)}.json`;
  writeFileSync(join(work, name), config);
  writeFileSync(
    join(work, "manifest.json"),
    JSON.stringify([{ Config: name, RepoTags: [tag], Layers: ["layer.tar"] }]),
  );
  run(["tar", ...FIXED, "-cf", output, "-C", work, name, "layer.tar", "manifest.json"]);
}

/** tar would store what is named twice as a link to itself. */
function isBelow(path: string, wanted: ReadonlySet<string>): boolean {
  for (let at = dirname(path); at !== "/"; at = dirname(at)) if (wanted.has(at)) return true;
  return false;
}

/** A path in its real folder; what it leads to, if it is a link, comes along. */
function addPath(path: string, wanted: Set<string>): void {
  const real = join(realpathSync(dirname(path)), basename(path));
  if (wanted.has(real)) return;
  wanted.add(real);
  if (lstatSync(real).isSymbolicLink()) addPath(resolve(dirname(real), readlinkSync(real)), wanted);
}

function withLibraries(program: string, wanted: Set<string>): void {
  if (!existsSync(program)) throw new Error(`${program} is not on this host`);
  addPath(program, wanted);
  const real = realpathSync(program);
  if (!statSync(real).isFile() || readFileSync(real).subarray(0, 2).toString() === "#!") return;
  const said = Bun.spawnSync(["ldd", real], { stderr: "ignore" }).stdout.toString();
  for (const [, library] of said.matchAll(/(?:=>\s+)?(\/\S+)\s+\(0x/g)) addPath(library!, wanted);
}

const CORE = [
  "sh",
  "cat",
  "ls",
  "rm",
  "cp",
  "mv",
  "mkdir",
  "chmod",
  "ln",
  "echo",
  "find",
  "grep",
  "sed",
  "tar",
  "diff",
  "dpkg",
  "dpkg-deb",
  "dpkg-split",
  "dpkg-query",
  "apt-get",
  "apt-config",
];

/** dpkg and apt with an empty database, and python with pip. */
export const DEBIAN: HostImage = {
  tag: "debian-like:1",
  programs: [
    ...CORE.map((name) => `/usr/bin/${name}`),
    ...["/usr/sbin/ldconfig", "/usr/sbin/start-stop-daemon", "/usr/bin/python3"],
    ...["file", "copy", "store"].map((name) => `/usr/lib/apt/methods/${name}`),
  ],
  paths: [
    "/usr/lib/python3.11",
    "/usr/lib/python3/dist-packages/pip",
    "/usr/bin/pip3",
    "/etc/dpkg/dpkg.cfg",
    "/usr/share/dpkg",
  ],
  without: [
    "__pycache__",
    "usr/lib/python3.11/test",
    "usr/lib/python3.11/idlelib",
    "usr/lib/python3.11/lib2to3",
    "usr/lib/python3.11/config-*",
    "*.a",
  ],
  files: {
    "etc/apt/apt.conf.d/50test": 'APT::Sandbox::User "root";\nAcquire::Languages "none";\n',
    "var/lib/dpkg/status": "",
    "var/lib/dpkg/info/format": "1\n",
    "var/lib/apt/lists/partial/.keep": "",
    "var/cache/apt/archives/partial/.keep": "",
    "usr/local/lib/python3.11/dist-packages/.keep": "",
  },
};

const NPM = Bun.which("npm") ?? "/usr/bin/npm";

/** node with npm. */
export const NODE: HostImage = {
  tag: "node-like:1",
  programs: [
    ...["sh", "cat", "ls", "rm", "cp", "mkdir", "env"].map((name) => `/usr/bin/${name}`),
    Bun.which("node") ?? "/usr/bin/node",
    NPM,
  ],
  paths: [join(dirname(existsSync(NPM) ? realpathSync(NPM) : NPM), "..")],
};
