import { exists, invalidArgument, notFound } from "../../errors/errors.ts";
import { Image } from "../../proto/containerd/services/images/v1/images.ts";
import { wrongDigest } from "../content/digest.ts";
import { compileFilters, labelOf } from "../filters/filter.ts";
import { now } from "../timestamp.ts";
import type { Metadata } from "./database.ts";
import { checkMask, masked, maskedLabels, withoutEmpty } from "./field-mask.ts";
import type { NamespaceStore } from "./namespaces.ts";
import { checkLabels } from "./validate.ts";

interface Record {
  record: Uint8Array;
}

/** Images: a name for a descriptor in the content store. */
export class ImageStore {
  readonly #db: Metadata;
  readonly #namespaces: NamespaceStore;

  constructor(db: Metadata, namespaces: NamespaceStore) {
    this.#db = db;
    this.#namespaces = namespaces;
  }

  /** Errors: notFound. */
  get(namespace: string, name: string): Image {
    const row = this.#db.get<Record>(
      "SELECT record FROM images WHERE namespace = ? AND name = ?",
      namespace,
      name,
    );
    if (!row) throw missing(name);
    return Image.decode(row.record);
  }

  list(namespace: string, filters: readonly string[]): Image[] {
    const matches = compileFilters(filters, readField);
    return this.#db
      .all<Record>("SELECT record FROM images WHERE namespace = ? ORDER BY name", namespace)
      .map(({ record }) => Image.decode(record))
      .filter(matches);
  }

  /** Errors: exists, invalidArgument. */
  create(namespace: string, given: Image): Image {
    if (given.name === "") throw invalidArgument("Image.Name required");
    checkImage(given);
    const time = now();
    const image = { ...given, labels: withoutEmpty(given.labels), createdAt: time, updatedAt: time };
    this.#namespaces.ensure(namespace);
    const added = this.#db.run(
      "INSERT OR IGNORE INTO images VALUES (?, ?, ?)",
      namespace,
      image.name,
      Image.encode(image),
    );
    if (added === 0) throw exists(`image ${JSON.stringify(image.name)}: already exists`);
    return image;
  }

  /** Errors: notFound, invalidArgument. */
  update(namespace: string, given: Image, paths: readonly string[] | undefined): Image {
    checkMask(paths, ["labels", "target", "annotations"], `image ${JSON.stringify(given.name)}`);
    const old = this.get(namespace, given.name);
    const updated: Image = { ...old, updatedAt: now() };
    if (masked(paths, "labels")) updated.labels = maskedLabels(old.labels, given.labels, paths);
    if (masked(paths, "target")) updated.target = given.target;
    checkImage(updated);
    this.#db.run(
      "UPDATE images SET record = ? WHERE namespace = ? AND name = ?",
      Image.encode(updated),
      namespace,
      updated.name,
    );
    return updated;
  }

  /** Errors: notFound. */
  delete(namespace: string, name: string): void {
    const gone = this.#db.run("DELETE FROM images WHERE namespace = ? AND name = ?", namespace, name);
    if (gone === 0) throw missing(name);
  }
}

const missing = (name: string) => notFound(`image ${JSON.stringify(name)}: not found`);

function checkImage(image: Image): void {
  const { digest = "", size = 0n, mediaType = "" } = image.target ?? {};
  const wrong = wrongDigest(digest);
  if (wrong)
    throw invalidArgument(`Target.Digest ${JSON.stringify(digest)} invalid: ${wrong}: invalid argument`);
  if (size <= 0n) throw invalidArgument("Target.Size must be greater than zero: invalid argument");
  if (mediaType === "") throw invalidArgument("Target.MediaType must be set: invalid argument");
  checkLabels(image.labels);
}

function readField(image: Image, path: readonly string[]): string | undefined {
  switch (path[0]) {
    case "name":
      return image.name;
    case "target":
      return path[1] === "digest"
        ? image.target?.digest
        : path[1] === "mediatype"
          ? image.target?.mediaType
          : undefined;
    case "labels":
      return labelOf(image.labels, path);
    case "annotations":
      return labelOf(image.target?.annotations ?? {}, path);
    default:
      return undefined;
  }
}
