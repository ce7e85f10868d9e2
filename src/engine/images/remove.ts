import type { ImageDeleteResponseItem } from "../../api/schema.ts";
import { conflict, type EngineError } from "../../errors/errors.ts";
import type { ImageDependencies } from "./dependencies.ts";
import { canonical, familiarOf, type ImageName, parseImageName, repositoryOf } from "./names.ts";
import { labelsOf } from "./pull.ts";

export interface RemoveOptions {
  /** Untag from several repositories, and remove although a stopped container uses it. */
  force: boolean;
  /** Remove parents, too, that then have no name and no child. */
  prune: boolean;
}

type Deleted = ImageDeleteResponseItem[];

const short = (id: string): string => id.slice(id.indexOf(":") + 1).slice(0, 12);

/**
 * Removes a name, and the image with its last name; or by id, the image with all names of one repository.
 * Errors: notFound; conflict in stock's words while containers or other images need it.
 */
export async function removeImage(
  deps: ImageDependencies,
  text: string,
  options: RemoveOptions,
): Promise<Deleted> {
  const { id } = deps.images.resolve(text);
  const deleted: Deleted = [];
  const byID = id.startsWith(text) || id.slice("sha256:".length).startsWith(text);
  if (byID) {
    if (isSingle(referencesOf(deps, id))) {
      const found = conflictOf(deps, id, { soft: !options.force, names: false });
      if (found) throw found.error;
      for (const name of referencesOf(deps, id)) await untag(deps, id, name, deleted);
    }
    await removeWhole(deps, id, options, false, deleted);
    return deleted;
  }
  await removeName(deps, id, text, options.force, deleted);
  if (referencesOf(deps, id).length === 0) await removeWhole(deps, id, options, true, deleted);
  return deleted;
}

const referencesOf = ({ images }: ImageDependencies, id: string): ImageName[] =>
  images.references.of(id).map(parseImageName);

async function removeName(
  deps: ImageDependencies,
  id: string,
  text: string,
  force: boolean,
  deleted: Deleted,
): Promise<void> {
  const user = deps.containers().find(({ imageID }) => imageID === id);
  if (!force && user && isSingle(referencesOf(deps, id)))
    throw conflict(
      `conflict: unable to remove repository reference "${text}" (must force) - container ${short(user.id)} is using its referenced image ${short(id)}`,
    );
  const parsed = parseImageName(text);
  const name = parsed.tag || parsed.digest ? parsed : { ...parsed, tag: "latest" };
  await untag(deps, id, name, deleted);
  if (name.digest) return;
  // Digests were names by grace of the tag: the last tag of a repository takes them along.
  const same = referencesOf(deps, id).filter((other) => repositoryOf(other) === repositoryOf(name));
  if (same.some(({ tag }) => tag !== undefined)) return;
  for (const other of same) await untag(deps, id, other, deleted);
}

async function untag(deps: ImageDependencies, id: string, name: ImageName, deleted: Deleted): Promise<void> {
  const reference = canonical(name);
  if (!(await deps.images.references.remove(reference))) return;
  deleted.push({ Untagged: familiarOf(reference) });
  deps.events.publish("image", "untag", id, { ...labelsOf(deps, id), name: id });
}

/** True for at most one tag, with digests of its repository alone: such an image has one name for people. */
function isSingle(names: ImageName[]): boolean {
  if (names.length <= 1) return true;
  const tags = names.filter(({ digest }) => digest === undefined);
  if (tags.length > 1) return false;
  const repositories = new Set(names.filter(({ digest }) => digest !== undefined).map(repositoryOf));
  const only = tags[0] ?? names[0];
  return repositories.size === 1 && only !== undefined && repositories.has(repositoryOf(only));
}

interface Conflict {
  error: EngineError;
  /** A container uses the image. */
  used: boolean;
}

/** What stands against removing an image: hard reasons always, soft ones unless forced. */
function conflictOf(
  deps: ImageDependencies,
  id: string,
  check: { soft: boolean; names: boolean },
): Conflict | undefined {
  const make = (hard: boolean, why: string, used = false): Conflict => ({
    error: conflict(
      `conflict: unable to delete ${short(id)} (${hard ? "cannot be forced" : "must be forced"}) - ${why}`,
    ),
    used,
  });
  if (deps.images.images.children(id).length > 0) return make(true, "image has dependent child images");
  const users = deps.containers().filter(({ imageID }) => imageID === id);
  const running = users.find((user) => user.running);
  if (running) return make(true, `image is being used by running container ${short(running.id)}`, true);
  if (!check.soft) return undefined;
  if (check.names && deps.images.references.of(id).length > 0)
    return make(false, "image is referenced in multiple repositories");
  const stopped = users[0];
  return stopped && make(false, `image is being used by stopped container ${short(stopped.id)}`, true);
}

/** Removes image and layers, then its parents as far as nobody needs them. `quiet`: a conflict is no error. */
async function removeWhole(
  deps: ImageDependencies,
  id: string,
  { force, prune }: RemoveOptions,
  quiet: boolean,
  deleted: Deleted,
): Promise<void> {
  const store = deps.images.images;
  const found = conflictOf(deps, id, { soft: !force, names: true });
  if (found) {
    const dangling = deps.images.references.of(id).length === 0 && store.children(id).length === 0;
    if (quiet && (!dangling || found.used)) return;
    throw found.error;
  }
  const { parent } = store.get(id);
  for (const name of referencesOf(deps, id)) await untag(deps, id, name, deleted);
  const labels = labelsOf(deps, id);
  // Somebody may have begun to use it while the names went.
  const late = conflictOf(deps, id, { soft: !force, names: true });
  if (late) throw late.error;
  const layers = await store.remove(id);
  deps.events.publish("image", "delete", id, { ...labels, name: id });
  deleted.push({ Deleted: id }, ...layers.map((chainID) => ({ Deleted: chainID })));
  if (prune && parent !== undefined && store.has(parent))
    await removeWhole(deps, parent, { force: false, prune }, true, deleted);
}
