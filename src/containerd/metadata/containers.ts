import { exists, invalidArgument, notFound } from "../../errors/errors.ts";
import { Container } from "../../proto/containerd/services/containers/v1/containers.ts";
import { compileFilters, labelOf } from "../filters/filter.ts";
import { now } from "../timestamp.ts";
import type { Metadata } from "./database.ts";
import { checkMask, masked, maskedLabels, withoutEmpty } from "./field-mask.ts";
import type { NamespaceStore } from "./namespaces.ts";
import { checkIdentifier, checkLabels, within } from "./validate.ts";

const UPDATABLE = ["labels", "spec", "extensions", "image", "snapshotkey", "snapshot_key"];

interface Record {
  record: Uint8Array;
}

/** What is known of containers: how to make a task of each. A container here is a record, not a process. */
export class ContainerStore {
  readonly #db: Metadata;
  readonly #namespaces: NamespaceStore;

  constructor(db: Metadata, namespaces: NamespaceStore) {
    this.#db = db;
    this.#namespaces = namespaces;
  }

  /** Errors: notFound. */
  get(namespace: string, id: string): Container {
    const row = this.#db.get<Record>(
      "SELECT record FROM containers WHERE namespace = ? AND id = ?",
      namespace,
      id,
    );
    if (!row) throw missing(namespace, id);
    return Container.decode(row.record);
  }

  has(namespace: string, id: string): boolean {
    return (
      this.#db.get("SELECT 1 FROM containers WHERE namespace = ? AND id = ?", namespace, id) !== undefined
    );
  }

  list(namespace: string, filters: readonly string[]): Container[] {
    const matches = compileFilters(filters, readField);
    return this.#db
      .all<Record>("SELECT record FROM containers WHERE namespace = ? ORDER BY id", namespace)
      .map(({ record }) => Container.decode(record))
      .filter(matches);
  }

  /** Errors: exists, invalidArgument. */
  create(namespace: string, given: Container): Container {
    within("create container failed validation", () => checkContainer(given));
    const time = now();
    const labels = withoutEmpty(given.labels);
    const container = { ...given, labels, createdAt: time, updatedAt: time };
    const added = this.#db.transaction(() => {
      this.#namespaces.ensure(namespace);
      return this.#db.run(
        "INSERT OR IGNORE INTO containers VALUES (?, ?, ?)",
        namespace,
        container.id,
        Container.encode(container),
      );
    });
    if (added === 0) throw exists(`container ${JSON.stringify(container.id)}: already exists`);
    return container;
  }

  /** Errors: notFound, invalidArgument. */
  update(namespace: string, given: Container, paths: readonly string[] | undefined): Container {
    const row = this.#db.get<Record>(
      "SELECT record FROM containers WHERE namespace = ? AND id = ?",
      ...[namespace, given.id],
    );
    if (!row) throw notFound(`container ${JSON.stringify(given.id)}: not found`);
    const old = Container.decode(row.record);
    checkMask(paths, UPDATABLE, JSON.stringify(given.id));
    if (!paths?.length) checkFixedFields(old, given);
    const updated: Container = { ...old, labels: old.labels, updatedAt: now() };
    if (masked(paths, "labels")) updated.labels = maskedLabels(old.labels, given.labels, paths);
    if (masked(paths, "spec")) updated.spec = given.spec;
    if (masked(paths, "image")) updated.image = given.image;
    if (masked(paths, "extensions")) updated.extensions = maskedExtensions(old, given, paths);
    if (masked(paths, "snapshotkey") || masked(paths, "snapshot_key"))
      updated.snapshotKey = given.snapshotKey;
    within("update failed validation", () => checkContainer(updated));
    this.#db.run(
      "UPDATE containers SET record = ? WHERE namespace = ? AND id = ?",
      Container.encode(updated),
      namespace,
      updated.id,
    );
    return updated;
  }

  /** Errors: notFound. */
  delete(namespace: string, id: string): void {
    const gone = this.#db.run("DELETE FROM containers WHERE namespace = ? AND id = ?", namespace, id);
    if (gone === 0) throw notFound(`container ${id}: not found`);
  }
}

function missing(namespace: string, id: string) {
  return notFound(`container ${JSON.stringify(id)} in namespace ${JSON.stringify(namespace)}: not found`);
}

function maskedExtensions(old: Container, given: Container, paths: readonly string[] | undefined) {
  if (!paths?.length || paths.includes("extensions")) return given.extensions;
  const extensions = { ...old.extensions };
  for (const path of paths.filter((one) => one.startsWith("extensions."))) {
    const name = path.slice("extensions.".length);
    const value = given.extensions[name];
    if (value) extensions[name] = value;
    else delete extensions[name];
  }
  return extensions;
}

/** An update of everything may not change what is fixed at creation. */
function checkFixedFields(old: Container, given: Container): void {
  const check = (field: string, before: string | undefined, after: string | undefined) => {
    if (before !== after) throw invalidArgument(`container.${field} field is immutable: invalid argument`);
  };
  check("Snapshotter", old.snapshotter, given.snapshotter);
  check("Runtime.Name", old.runtime?.name, given.runtime?.name);
}

function checkContainer(container: Container): void {
  within("container.ID", () => checkIdentifier(container.id));
  within("containers.Labels", () => checkLabels(container.labels));
  for (const name of Object.keys(container.extensions))
    if (name === "") throw invalidArgument("container extension keys must not be empty: invalid argument");
  if (!container.runtime?.name) throw invalidArgument("container.Runtime.Name must be set: invalid argument");
  if (!container.spec) throw invalidArgument("container.Spec must be set: invalid argument");
  if (container.snapshotKey !== "" && container.snapshotter === "")
    throw invalidArgument(
      "container.Snapshotter must be set if container.SnapshotKey is set: invalid argument",
    );
}

function readField(container: Container, path: readonly string[]): string | undefined {
  switch (path[0]) {
    case "id":
      return container.id;
    case "image":
      return container.image;
    case "runtime":
      return path[1] === "name" ? container.runtime?.name : undefined;
    case "labels":
      return labelOf(container.labels, path);
    default:
      return undefined;
  }
}
