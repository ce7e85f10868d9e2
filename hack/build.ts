/**
 * Compiles the chain: the C programs, then one executable, hard-linked under every program's name.
 *
 *   bun hack/build.ts                 bundles/<VERSION>/{binary-client,binary-daemon} with .sha256 files
 *   bun hack/build.ts --flat DIR      all programs in DIR, for tests and development
 *   bun hack/build.ts --native        the C programs only, which running from source needs as well
 *
 * The commit comes from git, with "-unsupported" when the tree is dirty, or from DOCKER_GITCOMMIT.
 * The build time is SOURCE_DATE_EPOCH, or else the commit's date.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { perProgram } from "./lib/per-program.ts";

const ROOT = resolve(import.meta.dir, "..");
const NATIVE = join(ROOT, ".build");
const CLIENT_PROGRAMS = ["docker"];
const DAEMON_PROGRAMS = [
  "dockerd",
  "docker-containerd",
  "docker-containerd-ctr",
  "docker-containerd-shim",
  "docker-runc",
  "docker-proxy",
];

class BuildError extends Error {}

function run(command: string[], cwd = ROOT): string {
  const child = Bun.spawnSync(command, { cwd, stderr: "pipe" });
  if (child.exitCode !== 0)
    throw new BuildError(`${command.join(" ")}\n${child.stderr.toString()}${child.stdout.toString()}`);
  return child.stdout.toString().trim();
}

interface Commit {
  id: string;
  time: string;
}

function commitOf(): Commit {
  const given = process.env["DOCKER_GITCOMMIT"];
  const epoch = process.env["SOURCE_DATE_EPOCH"];
  if (!existsSync(join(ROOT, ".git"))) {
    if (given) return { id: given, time: isoTime(epoch ?? "0") };
    throw new BuildError(
      "no .git directory here, so the commit is not known: build from a git clone, or set DOCKER_GITCOMMIT=<commit>",
    );
  }
  const git = (...args: string[]) => run(["git", "-c", `safe.directory=${ROOT}`, ...args]);
  const dirty = git("status", "--porcelain", "--untracked-files=no") !== "";
  const id = given ?? `${git("rev-parse", "--short=10", "HEAD")}${dirty ? "-unsupported" : ""}`;
  return { id, time: isoTime(epoch ?? git("log", "-1", "--format=%ct")) };
}

function isoTime(seconds: string): string {
  return new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z");
}

function compileC(sources: string[], output: string, defines: string[]): void {
  const partial = `${output}.${process.pid}`;
  const cc = process.env["CC"] ?? "musl-gcc";
  const flags = ["-std=gnu11", "-static", "-Os", "-Wall", "-Wextra", "-Werror", "-s", ...defines];
  run([cc, ...flags, "-o", partial, ...sources]);
  renameSync(partial, output);
}

function buildNative(version: string, commit: Commit): void {
  const defines = [`-DPEQUOD_VERSION="${version}"`, `-DPEQUOD_COMMIT="${commit.id}"`];
  mkdirSync(NATIVE, { recursive: true });
  const sources = (folder: string) =>
    [...new Bun.Glob("*.c").scanSync(join(ROOT, folder))].sort().map((f) => join(ROOT, folder, f));
  compileC(sources("src/runtime/init"), join(NATIVE, "init"), defines);
  compileC(sources("src/init"), join(NATIVE, "docker-init"), defines);
  compileC(sources("src/shim/sleeper"), join(NATIVE, "sleeper"), []);
}

async function buildExecutable(outfile: string, version: string, commit: Commit): Promise<void> {
  const entry = join(ROOT, "cmd", "main.ts");
  const settings = { PEQUOD_VERSION: version, PEQUOD_COMMIT: commit.id, PEQUOD_BUILD_TIME: commit.time };
  await Bun.build({
    entrypoints: [entry],
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
    target: "bun",
    format: "esm",
    bytecode: true,
    splitting: true,
    minify: { syntax: true, whitespace: true },
    define: Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [`process.env.${name}`, JSON.stringify(value)]),
    ),
    plugins: [perProgram(ROOT, entry)],
  });
}

function link(from: string, to: string): void {
  rmSync(to, { force: true });
  linkSync(from, to);
}

function writeChecksum(path: string): void {
  const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
  writeFileSync(`${path}.sha256`, `${digest}  ${path.slice(path.lastIndexOf("/") + 1)}\n`);
}

/** Puts the programs into place: `place` gives the folder for each. */
async function install(
  place: (program: string) => string,
  version: string,
  commit: Commit,
): Promise<string[]> {
  const folder = place("dockerd");
  mkdirSync(folder, { recursive: true });
  // The executable knows the name that it is made under.
  const partial = join(folder, `.partial.${process.pid}`);
  const whole = join(partial, "pequod");
  await buildExecutable(whole, version, commit);
  const paths = [...CLIENT_PROGRAMS, ...DAEMON_PROGRAMS].map((program) => {
    mkdirSync(place(program), { recursive: true });
    const path = join(place(program), program);
    link(whole, path);
    return path;
  });
  rmSync(partial, { recursive: true });
  const init = join(folder, "docker-init");
  rmSync(init, { force: true });
  run(["install", "-m", "755", join(NATIVE, "docker-init"), init]);
  return [...paths, init];
}

async function main(args: string[]): Promise<void> {
  const version = readFileSync(join(ROOT, "VERSION"), "utf8").trim();
  const commit = commitOf();
  buildNative(version, commit);
  if (args[0] === "--native") return;
  if (args[0] === "--flat") {
    const folder = resolve(args[1] ?? ".");
    await install(() => folder, version, commit);
    return;
  }
  const bundle = join(ROOT, "bundles", version);
  rmSync(bundle, { recursive: true, force: true });
  const place = (program: string) =>
    join(bundle, CLIENT_PROGRAMS.includes(program) ? "binary-client" : "binary-daemon");
  for (const path of await install(place, version, commit)) writeChecksum(path);
  const latest = join(ROOT, "bundles", "latest");
  rmSync(latest, { force: true });
  symlinkSync(version, latest);
  console.log(`bundles/${version}: version ${version}, commit ${commit.id}, ${commit.time}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}
