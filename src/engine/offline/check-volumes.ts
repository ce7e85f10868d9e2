/** What `dockerd fsck` verifies of volumes: metadata.db against the folders, and the containers that want them. */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, messageOf } from "../../errors/errors.ts";
import { readBolt } from "../../files/bolt/read.ts";
import { writeBolt } from "../../files/bolt/write.ts";
import { readText } from "../../files/read-text.ts";
import type { Finding } from "../../images/fsck/finding.ts";

const BUCKET = "volumes";
/** What a volume's folder may have beside _data. */
const OPTIONS = "opts.json";

interface Stored {
  Name?: unknown;
  Driver?: unknown;
}

/** Errors: none; what cannot be read is a finding. */
export async function* checkVolumes(root: string): AsyncGenerator<Finding> {
  const folder = join(root, "volumes");
  if (!existsSync(folder)) return;
  yield* records(folder);
  yield* folders(folder);
  yield* plugins(join(folder, "plugins.json"));
  yield* holders(root, folder);
}

/** metadata.db: labels and options. Without it volumes are there still, and have none. */
async function* records(folder: string): AsyncGenerator<Finding> {
  const path = join(folder, "metadata.db");
  let entries: Map<string, Buffer>;
  try {
    entries = readBolt(path).get(BUCKET) ?? new Map();
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") yield setAside(path, error, "volumes stay, without their labels");
    return;
  }
  for (const [name, value] of entries) {
    const problem = wrongRecord(folder, name, value);
    if (problem === undefined) continue;
    yield {
      subject: `volume ${name}`,
      problem,
      cure: "remove its record",
      repair() {
        entries.delete(name);
        writeBolt(path, new Map([[BUCKET, entries]]));
      },
    };
  }
}

function wrongRecord(folder: string, name: string, value: Buffer): string | undefined {
  let stored: Stored;
  try {
    stored = (JSON.parse(value.toString("utf8")) ?? {}) as Stored;
  } catch (error) {
    return `its record in metadata.db cannot be read: ${messageOf(error)}`;
  }
  if (stored.Name !== name) return `its record in metadata.db is of volume ${String(stored.Name)}`;
  const gone = stored.Driver === "local" && !existsSync(join(folder, name));
  return gone ? "metadata.db has a record of it, but there is no such volume" : undefined;
}

/** A file that dockerd cannot use is kept for a person to look at. */
function setAside(path: string, error: unknown, consequence: string): Finding {
  return {
    subject: path,
    problem: `it cannot be read: ${messageOf(error)}`,
    cure: `move it to ${path}.damaged; ${consequence}`,
    repair: () => renameSync(path, `${path}.damaged`),
  };
}

async function* folders(folder: string): AsyncGenerator<Finding> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const at = join(folder, entry.name);
    const subject = `volume ${entry.name}`;
    const content = readdirSync(at);
    if (content.includes("_data")) yield* options(subject, join(at, OPTIONS));
    else if (content.every((name) => name.startsWith(OPTIONS)))
      yield {
        subject,
        problem: "an interrupted operation has left its folder, without _data",
        cure: "remove it",
        repair: () => rmSync(at, { recursive: true }),
      };
    else yield { subject, problem: `${at} has no _data: it is no volume, and left alone` };
  }
}

/** What the volume is mounted from; without it, it would be an empty folder. */
async function* options(subject: string, path: string): AsyncGenerator<Finding> {
  const text = readText(path);
  if (text === undefined) return;
  try {
    JSON.parse(text);
  } catch (error) {
    yield {
      subject,
      problem: `${path} cannot be read: ${messageOf(error)}; give the volume's options by removing and making it anew`,
    };
  }
}

async function* plugins(path: string): AsyncGenerator<Finding> {
  const text = readText(path);
  if (text === undefined) return;
  try {
    const list: unknown = JSON.parse(text);
    if (!Array.isArray(list)) throw new TypeError("it is no list");
  } catch (error) {
    yield setAside(path, error, "plugins keep their volumes, which can be created by name again");
  }
}

interface Config {
  MountPoints?: Record<string, { Type?: string; Name?: string; Driver?: string }> | null;
}

/** Volumes that containers have, and that are not there. */
async function* holders(root: string, folder: string): AsyncGenerator<Finding> {
  const containers = join(root, "containers");
  if (!existsSync(containers)) return;
  for (const id of readdirSync(containers).filter((name) => !name.endsWith("-removing"))) {
    for (const [target, { Type, Name, Driver }] of Object.entries(mountsOf(join(containers, id)))) {
      if (Type !== "volume" || !Name || Driver !== "local" || existsSync(join(folder, Name, "_data")))
        continue;
      yield {
        subject: `container ${id.slice(0, 12)}`,
        problem: `its volume ${Name}, mounted on ${target}, is not there: bring ${join(folder, Name)} back from a copy, or \`docker volume create ${Name}\` makes it anew, empty`,
      };
    }
  }
}

function mountsOf(container: string): NonNullable<Config["MountPoints"]> {
  try {
    const config = JSON.parse(readText(join(container, "config.v2.json")) ?? "{}") as Config;
    return config.MountPoints ?? {};
  } catch {
    // That it cannot be read is said where containers are checked.
    return {};
  }
}
