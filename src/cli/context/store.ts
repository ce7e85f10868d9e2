import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, messageOf, notFound } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";

/** The docker endpoint of a context. */
export interface DockerEndpoint {
  Host: string;
  SkipTLSVerify: boolean;
}

/** A context as its meta.json has it. */
export interface Context {
  Name: string;
  Metadata: { Description?: string; [name: string]: unknown };
  Endpoints: { docker?: DockerEndpoint };
}

/** PEM texts by file name: "ca.pem", "cert.pem", "key.pem". */
export type TlsFiles = Record<string, string>;

export const DEFAULT_CONTEXT = "default";
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/;
const PRIVATE_FOLDER = 0o700;

/** Errors: for a name that contexts must not have. */
export function checkContextName(name: string): void {
  if (name === "") throw new Error("context name cannot be empty");
  if (name === DEFAULT_CONTEXT) throw new Error('"default" is a reserved context name');
  if (!NAME.test(name))
    throw new Error(
      `context name ${JSON.stringify(name)} is invalid, names are validated against regexp "^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$"`,
    );
}

/** The contexts of a configuration folder: a folder each, named by the digest of the context's name. */
export class ContextStore {
  readonly #folder: string;

  constructor(configFolder: string) {
    this.#folder = join(configFolder, "contexts");
  }

  metaFolder(name: string): string {
    return join(this.#folder, "meta", digestOf(name));
  }

  tlsFolder(name: string): string {
    return join(this.#folder, "tls", digestOf(name));
  }

  /** All contexts, in no order. */
  list(): Context[] {
    return readNames(join(this.#folder, "meta")).flatMap((folder) => {
      const context = readContext(join(this.#folder, "meta", folder, "meta.json"));
      return context ? [context] : [];
    });
  }

  exists(name: string): boolean {
    return statSync(this.metaFolder(name), { throwIfNoEntry: false }) !== undefined;
  }

  /** Errors: notFound. */
  read(name: string): Context {
    const path = join(this.metaFolder(name), "meta.json");
    const context = readContext(path);
    if (context) return context;
    throw notFound(
      `context ${JSON.stringify(name)}: context not found: open ${path}: no such file or directory`,
    );
  }

  write(context: Context): void {
    const folder = this.metaFolder(context.Name);
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    writeAtomic(join(folder, "meta.json"), JSON.stringify(context), { mode: 0o644 });
  }

  /** The TLS files of the docker endpoint. */
  tlsFiles(name: string): TlsFiles {
    const folder = join(this.tlsFolder(name), "docker");
    return Object.fromEntries(
      readNames(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]),
    );
  }

  /** Replaces all TLS files of the docker endpoint. */
  writeTls(name: string, files: TlsFiles): void {
    rmSync(this.tlsFolder(name), { recursive: true, force: true });
    if (Object.keys(files).length === 0) return;
    const folder = join(this.tlsFolder(name), "docker");
    mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
    for (const [file, text] of Object.entries(files)) writeAtomic(join(folder, file), text, { mode: 0o600 });
  }

  remove(name: string): void {
    rmSync(this.metaFolder(name), { recursive: true, force: true });
    rmSync(this.tlsFolder(name), { recursive: true, force: true });
  }
}

const digestOf = (name: string) => new Bun.CryptoHasher("sha256").update(name).digest("hex");

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** Undefined when there is no such file. */
function readContext(path: string): Context | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
  try {
    const { Name, Metadata, Endpoints } = JSON.parse(text) as Partial<Context>;
    return { Name: Name ?? "", Metadata: Metadata ?? {}, Endpoints: Endpoints ?? {} };
  } catch (error) {
    throw new Error(`parsing ${path}: ${messageOf(error)}`);
  }
}
