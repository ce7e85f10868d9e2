import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";
import { readText } from "../../files/read-text.ts";
import { chainIDOf } from "../layers/chain-id.ts";
import { parseReference } from "../reference.ts";
import { parseConfig } from "../store/images.ts";
import type { Digest, ImageConfig } from "../types.ts";
import type { Examined, Finding } from "./finding.ts";

const places = (images: string) => ({
  content: join(images, "imagedb/content/sha256"),
  metadata: join(images, "imagedb/metadata/sha256"),
  references: join(images, "repositories.json"),
});

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

/** Configurations that are not what their digest says, or whose layers are not all there. */
export async function* images({ images: root, records }: Examined): AsyncGenerator<Finding> {
  const { content, metadata } = places(root);
  const layers = new Set(records.list().map(({ chainID }) => chainID));
  for (const hex of namesIn(content)) {
    const problem = wrongImage(hex, bytesOf(join(content, hex)), layers);
    if (problem === undefined) continue;
    yield {
      subject: `image sha256:${hex}`,
      problem,
      cure: "forget the image; pull or load it again",
      repair() {
        rmSync(join(content, hex), { recursive: true, force: true });
        rmSync(join(metadata, hex), { recursive: true, force: true });
      },
    };
  }
}

/** The topmost layer of each image that can be read. */
export function topsOfImages(root: string): (Digest | undefined)[] {
  const { content } = places(root);
  return namesIn(content).flatMap((hex) => {
    try {
      return [chainIDOf(parseConfig(readFileSync(join(content, hex))).rootfs.diff_ids ?? [])];
    } catch {
      return [];
    }
  });
}

function bytesOf(path: string): Buffer | undefined {
  return lstatSync(path).isFile() ? readFileSync(path) : undefined;
}

function wrongImage(hex: string, raw: Buffer | undefined, layers: ReadonlySet<Digest>): string | undefined {
  if (!raw) return "its configuration is no file";
  const found = createHash("sha256").update(raw).digest("hex");
  if (found !== hex) return `its configuration has digest sha256:${found}`;
  let config: ImageConfig;
  try {
    config = parseConfig(raw);
  } catch (error) {
    return messageOf(error);
  }
  const top = chainIDOf(config.rootfs.diff_ids ?? []);
  return top === undefined || layers.has(top) ? undefined : `its layer ${top} is not there`;
}

/** Notes on images that are no more, and parents that are none. */
export async function* imageNotes({ images: root }: Examined): AsyncGenerator<Finding> {
  const { content, metadata } = places(root);
  for (const hex of namesIn(metadata)) {
    const folder = join(metadata, hex);
    if (!existsSync(join(content, hex))) {
      yield {
        subject: folder,
        problem: "a note on an image that is not there",
        cure: "remove it",
        repair: () => rmSync(folder, { recursive: true, force: true }),
      };
      continue;
    }
    const file = join(folder, "parent");
    if (!existsSync(file)) continue;
    const parent = readText(file)?.trim() ?? "";
    if (/^sha256:[0-9a-f]{64}$/.test(parent) && existsSync(join(content, parent.slice("sha256:".length))))
      continue;
    yield {
      subject: `image sha256:${hex}`,
      problem: `its parent image ${parent} is not there`,
      cure: "forget the parent",
      repair: () => rmSync(file, { recursive: true, force: true }),
    };
  }
}

/** repositories.json: names of images that are not there. */
export async function* references({ images: root }: Examined): AsyncGenerator<Finding> {
  const { content, references: path } = places(root);
  if (!existsSync(path)) return;
  let stored: { Repositories?: Record<string, Record<string, Digest>> };
  try {
    stored = JSON.parse(readFileSync(path, "utf8")) as typeof stored;
  } catch (error) {
    yield {
      subject: path,
      problem: `the names of images cannot be read: ${messageOf(error)}`,
      cure: `move it to repositories.json.damaged; images stay, by id (docker images -a), and can be tagged anew`,
      repair: () => renameSync(path, `${path}.damaged`),
    };
    return;
  }
  for (const [repository, names] of Object.entries(stored.Repositories ?? {})) {
    for (const [name, id] of Object.entries(names)) {
      const right = isNameOf(repository, name);
      const digest = /^sha256:([0-9a-f]{64})$/.exec(id)?.[1];
      if (right && digest && existsSync(join(content, digest))) continue;
      yield {
        subject: `name ${name}`,
        problem: right ? `image ${id} is not there` : `it is none of ${repository}`,
        cure: `remove the name; \`docker pull ${name}\` brings image and name back`,
        repair() {
          delete names[name];
          if (Object.keys(names).length === 0) delete stored.Repositories?.[repository];
          writeAtomic(path, JSON.stringify(stored), { mode: 0o600 });
        },
      };
    }
  }
}

function isNameOf(repository: string, name: string): boolean {
  try {
    parseReference(name);
  } catch {
    return false;
  }
  return name.startsWith(`${repository}:`) || name.startsWith(`${repository}@`);
}

/** Notes on what registries have; losing one costs an upload, a wrong one spoils a push. */
export async function* distribution({ images: root }: Examined): AsyncGenerator<Finding> {
  const good: [string, (text: string) => boolean][] = [
    ["distribution/diffid-by-digest/sha256", (text) => /^sha256:[0-9a-f]{64}$/.test(text.trim())],
    ["distribution/v2metadata-by-diffid/sha256", (text) => Array.isArray(JSON.parse(text))],
  ];
  for (const [folder, isGood] of good) {
    for (const name of namesIn(join(root, folder))) {
      const path = join(root, folder, name);
      try {
        if (isGood(readFileSync(path, "utf8"))) continue;
      } catch {
        // Not JSON.
      }
      yield {
        subject: path,
        problem: "malformed",
        cure: "remove it",
        repair: () => rmSync(path, { recursive: true, force: true }),
      };
    }
  }
}
