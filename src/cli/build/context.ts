/** The build's context as a tar, made while it is sent. */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { END_OF_ARCHIVE, encodeHeader, padding, tarHeader } from "../../archive/tar/writer.ts";
import { IgnoreRules, readIgnoreFile } from "../../dockerfile/ignore.ts";

export interface LocalContext {
  /** Path of the Dockerfile in the archive. */
  dockerfile: string;
  tar(): AsyncGenerator<Uint8Array>;
  /** The Dockerfile and .dockerignore alone. */
  bare(): AsyncGenerator<Uint8Array>;
}

const CHUNK = 1 << 20;

/** A folder as context. `file`: as given by -f; `stdin`: the Dockerfile's content, with `-f -`. Errors: plain. */
export function localContext(path: string, file: string | undefined, stdin?: Uint8Array): LocalContext {
  const root = folderOf(path);
  const place = placeOf(root, file, stdin);
  const ignore = ignoreTextOf(root, place.inside ? place.name : undefined);
  const patterns = readIgnoreFile(ignore ?? "");
  const kept = [...patterns];
  const rules = new IgnoreRules(patterns);
  if (rules.ignores(".dockerignore")) kept.push("!.dockerignore");
  if (place.inside && rules.ignores(place.name)) kept.push(`!${place.name}`);
  const extra: Record<string, Uint8Array> = {};
  if (place.content) {
    extra[place.name] = place.content;
    extra[".dockerignore"] = Buffer.from(`${ignore ?? ""}\n.dockerignore\n${place.name}\n`);
  } else if (place.inside && existsSync(join(root, `${place.name}.dockerignore`))) {
    extra[".dockerignore"] = Buffer.from(ignore!);
  }
  return {
    dockerfile: place.name,
    tar: () => packContext(root, new IgnoreRules(kept), extra),
    bare: () => packFiles(root, place.inside ? [place.name, ".dockerignore"] : [], extra),
  };
}

function folderOf(path: string): string {
  if (!existsSync(path)) throw new Error(`unable to prepare context: path ${JSON.stringify(path)} not found`);
  if (!statSync(path).isDirectory())
    throw new Error(`unable to prepare context: context must be a directory: ${resolve(path)}`);
  return realpathSync(path);
}

interface Place {
  name: string;
  inside: boolean;
  /** Of a Dockerfile that is not in the context. */
  content?: Uint8Array;
}

function placeOf(root: string, file: string | undefined, stdin: Uint8Array | undefined): Place {
  if (stdin) return outside(stdin);
  const wanted = file ?? join(root, existsSync(join(root, "Dockerfile")) ? "Dockerfile" : "dockerfile");
  const path = isAbsolute(wanted) || existsSync(resolve(wanted)) ? resolve(wanted) : join(root, wanted);
  if (!existsSync(path)) {
    const shown = file === undefined ? join(root, "Dockerfile") : path;
    throw new Error(
      `unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat ${shown}: no such file or directory`,
    );
  }
  const name = relative(root, realpathSync(path));
  return name.startsWith("..") ? outside(readFileSync(path)) : { name, inside: true };
}

function outside(content: Uint8Array): Place {
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 20);
  return { name: `.dockerfile.${digest}`, inside: false, content };
}

/** NAME.dockerignore beside the Dockerfile goes before .dockerignore. */
function ignoreTextOf(root: string, dockerfile: string | undefined): string | undefined {
  const own = dockerfile === undefined ? undefined : join(root, `${dockerfile}.dockerignore`);
  const path = [own, join(root, ".dockerignore")].find((one) => one !== undefined && existsSync(one));
  return path === undefined ? undefined : readFileSync(path, "utf8");
}

async function* packContext(
  root: string,
  rules: IgnoreRules,
  extra: Record<string, Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const links = new Map<string, string>();
  const walk = function* (folder: string): Generator<Uint8Array> {
    for (const name of readdirSync(join(root, folder)).sort()) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (path in extra) continue;
      const stat = lstatSync(join(root, path));
      const ignored = rules.ignores(path);
      if (!ignored) yield* entry(join(root, path), path, stat, links);
      if (stat.isDirectory() && (!ignored || rules.hasExceptions)) yield* walk(path);
    }
  };
  yield* packExtra(extra);
  yield* walk("");
  yield END_OF_ARCHIVE;
}

async function* packFiles(
  root: string,
  names: readonly string[],
  extra: Record<string, Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* packExtra(extra);
  const present = names.filter((name) => !(name in extra) && existsSync(join(root, name)));
  for (const name of present) yield* entry(join(root, name), name, lstatSync(join(root, name)), new Map());
  yield END_OF_ARCHIVE;
}

function* packExtra(extra: Record<string, Uint8Array>): Generator<Uint8Array> {
  for (const [name, content] of Object.entries(extra)) {
    yield encodeHeader(tarHeader({ name, type: "file", size: content.length, mode: 0o600 }));
    yield content;
    yield padding(content.length);
  }
}

/** Owners are left out: in an image everything is root's unless it is told otherwise. */
function* entry(full: string, path: string, stat: Stats, links: Map<string, string>): Generator<Uint8Array> {
  const common = { name: path, mode: stat.mode & 0o7777, mtime: Math.floor(stat.mtimeMs / 1000) };
  if (stat.isDirectory()) yield encodeHeader(tarHeader({ ...common, type: "directory" }));
  else if (stat.isSymbolicLink())
    yield encodeHeader(tarHeader({ ...common, type: "symlink", linkname: readlinkSync(full) }));
  else if (stat.isFIFO()) yield encodeHeader(tarHeader({ ...common, type: "fifo" }));
  else if (stat.isFile()) {
    const inode = stat.nlink > 1 ? `${stat.dev}:${stat.ino}` : undefined;
    const first = inode === undefined ? undefined : links.get(inode);
    if (first !== undefined) {
      yield encodeHeader(tarHeader({ ...common, type: "link", linkname: first }));
      return;
    }
    if (inode !== undefined) links.set(inode, path);
    yield encodeHeader(tarHeader({ ...common, type: "file", size: stat.size }));
    yield* content(full, stat.size);
  }
}

/** As many bytes as the header said, even if the file changes meanwhile. */
function* content(path: string, size: number): Generator<Uint8Array> {
  if (size === 0) return;
  const fd = openSync(path, "r");
  try {
    for (let left = size; left > 0; ) {
      const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, left));
      const got = readSync(fd, chunk) || chunk.fill(0).length;
      left -= got;
      yield chunk.subarray(0, got);
    }
  } finally {
    closeSync(fd);
  }
  yield padding(size);
}

/** A lone Dockerfile as context: `docker build -` with a Dockerfile on stdin. */
export async function* loneDockerfile(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield encodeHeader(tarHeader({ name: "Dockerfile", type: "file", size: content.length, mode: 0o600 }));
  yield content;
  yield padding(content.length);
  yield END_OF_ARCHIVE;
}
