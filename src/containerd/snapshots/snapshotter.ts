/**
 * A snapshotter: a namespace's tree of file systems. prepare() makes an active one over a committed parent,
 * which is mounted and written to; commit() gives it a name and makes it a parent for others; view() is an
 * active one that nobody writes to. The metadata leads: a folder that it does not know is removed at start.
 */
import { exists, failedPrecondition, invalidArgument, notFound } from "../../errors/errors.ts";
import { compileFilters, labelOf } from "../filters/filter.ts";
import type { Metadata } from "../metadata/database.ts";
import { withoutEmpty } from "../metadata/field-mask.ts";
import type { Labels, NamespaceStore } from "../metadata/namespaces.ts";
import { checkLabels } from "../metadata/validate.ts";
import { type Backend, KIND, type Kind, type Mount, type Snapshot, type Usage } from "./snapshot.ts";

interface Row {
  id: number;
  name: string;
  parent: string;
  kind: Kind;
  created_at: number;
  updated_at: number;
  labels: string;
  size: number;
  inodes: number;
}

const snapshotOf = (row: Row): Snapshot => ({
  id: row.id,
  name: row.name,
  parent: row.parent,
  kind: row.kind,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  labels: JSON.parse(row.labels) as Labels,
});

const KIND_NAMES: Record<Kind, string> = { 1: "view", 2: "active", 3: "committed" };

export class Snapshotter {
  readonly #backend: Backend;
  readonly #db: Metadata;
  readonly #namespaces: NamespaceStore;

  constructor(backend: Backend, db: Metadata, namespaces: NamespaceStore) {
    this.#backend = backend;
    this.#db = db;
    this.#namespaces = namespaces;
  }

  #row(namespace: string, name: string, what = "snapshot"): Row {
    const row = this.#db.get<Row>(
      "SELECT * FROM snapshots WHERE namespace = ? AND snapshotter = ? AND name = ?",
      ...[namespace, this.#backend.name, name],
    );
    if (!row) throw notFound(`${what} ${name} does not exist: not found`);
    return row;
  }

  /** Errors: notFound. */
  stat(namespace: string, name: string): Snapshot {
    return snapshotOf(this.#row(namespace, name));
  }

  list(namespace: string, filters: readonly string[]): Snapshot[] {
    const matches = compileFilters(filters, readField);
    return this.#db
      .all<Row>(
        "SELECT * FROM snapshots WHERE namespace = ? AND snapshotter = ? ORDER BY id",
        ...[namespace, this.#backend.name],
      )
      .map(snapshotOf)
      .filter(matches);
  }

  /** Makes an active snapshot or a view. Errors: exists, notFound and failedPrecondition for the parent. */
  async prepare(
    namespace: string,
    kind: typeof KIND.active | typeof KIND.view,
    name: string,
    parent: string,
    labels: Labels,
  ): Promise<Mount[]> {
    if (name === "") throw invalidArgument("snapshot key must not be empty: invalid argument");
    checkLabels(labels);
    if (parent !== "") this.#checkParent(namespace, parent);
    const parents = this.#parents(namespace, parent);
    const now = Date.now();
    this.#namespaces.ensure(namespace);
    const row = this.#db.get<{ id: number }>(
      `INSERT INTO snapshots (namespace, snapshotter, name, parent, kind, created_at, updated_at, labels)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
      ...[namespace, this.#backend.name, name, parent, kind, now, now, JSON.stringify(withoutEmpty(labels))],
    );
    if (!row) throw exists(`snapshot ${JSON.stringify(name)}: already exists`);
    try {
      await this.#backend.create(row.id, kind, parents);
    } catch (error) {
      this.#db.run("DELETE FROM snapshots WHERE id = ?", row.id);
      throw error;
    }
    return this.#backend.mounts(row.id, kind, parents);
  }

  #checkParent(namespace: string, parent: string): void {
    const row = this.#row(namespace, parent, "parent snapshot");
    if (row.kind !== KIND.committed)
      throw invalidArgument(
        `failed to create snapshot: parent ${keyOf(namespace, row)} is not committed snapshot: invalid argument`,
      );
  }

  /** Errors: notFound; failedPrecondition for a committed snapshot, which is not to be mounted. */
  mounts(namespace: string, name: string): Mount[] {
    const row = this.#row(namespace, name);
    const { id, kind, parent } = row;
    if (kind === KIND.committed)
      throw failedPrecondition(
        `failed to get active mount: requested snapshot ${JSON.parse(keyOf(namespace, row))} not active or view: failed precondition`,
      );
    return this.#backend.mounts(id, kind, this.#parents(namespace, parent));
  }

  /** Errors: notFound, exists; failedPrecondition for what is not active. */
  async commit(namespace: string, name: string, key: string, labels: Labels): Promise<void> {
    if (name === "") throw invalidArgument("snapshot name must not be empty: invalid argument");
    checkLabels(labels);
    this.#checkFree(namespace, name);
    const row = this.#row(namespace, key);
    const { id, kind } = row;
    if (kind !== KIND.active)
      throw failedPrecondition(
        `failed to commit snapshot: snapshot ${keyOf(namespace, row)} is not active: failed precondition`,
      );
    const { size, inodes } = await this.#backend.usage(id);
    this.#db.transaction(() => {
      this.#checkFree(namespace, name);
      this.#db.run(
        "UPDATE snapshots SET name = ?, kind = ?, updated_at = ?, labels = ?, size = ?, inodes = ? WHERE id = ?",
        ...[name, KIND.committed, Date.now(), JSON.stringify(withoutEmpty(labels)), size, inodes, id],
      );
    });
  }

  #checkFree(namespace: string, name: string): void {
    const taken = this.#db.get(
      "SELECT 1 FROM snapshots WHERE namespace = ? AND snapshotter = ? AND name = ?",
      ...[namespace, this.#backend.name, name],
    );
    if (taken) throw exists(`snapshot ${JSON.stringify(name)}: already exists`);
  }

  /** Errors: notFound; failedPrecondition while another snapshot stands on it. */
  async remove(namespace: string, name: string): Promise<void> {
    const id = this.#db.transaction(() => {
      const row = this.#row(namespace, name);
      const child = this.#db.get(
        "SELECT 1 FROM snapshots WHERE namespace = ? AND snapshotter = ? AND parent = ?",
        ...[namespace, this.#backend.name, name],
      );
      if (child) throw failedPrecondition("cannot remove snapshot with child: failed precondition");
      this.#db.run("DELETE FROM snapshots WHERE id = ?", row.id);
      return row.id;
    });
    await this.#backend.remove(id);
  }

  /** Errors: notFound. */
  setLabels(namespace: string, name: string, labels: Labels): Snapshot {
    checkLabels(labels);
    const { id } = this.#row(namespace, name);
    this.#db.run(
      "UPDATE snapshots SET labels = ?, updated_at = ? WHERE id = ?",
      ...[JSON.stringify(labels), Date.now(), id],
    );
    return this.stat(namespace, name);
  }

  /** Errors: notFound. */
  async usage(namespace: string, name: string): Promise<Usage> {
    const { id, kind, size, inodes } = this.#row(namespace, name);
    if (kind === KIND.committed) return { size, inodes };
    return kind === KIND.active ? this.#backend.usage(id) : { size: 0, inodes: 0 };
  }

  /** Removes folders that the metadata does not know. */
  async removeUnknownFolders(): Promise<number> {
    const known = new Set(
      this.#db
        .all<{ id: number }>("SELECT id FROM snapshots WHERE snapshotter = ?", this.#backend.name)
        .map(({ id }) => id),
    );
    const unknown = this.#backend.folders().filter((id) => !known.has(id));
    for (const id of unknown) await this.#backend.remove(id);
    return unknown.length;
  }

  /** Ids of a snapshot and what it stands on, nearest first. */
  #parents(namespace: string, name: string): number[] {
    const ids: number[] = [];
    for (let at = name; at !== ""; ) {
      const { id, parent } = this.#row(namespace, at);
      ids.push(id);
      at = parent;
    }
    return ids;
  }
}

/** A snapshot as it is called below the namespaces, quoted. */
const keyOf = (namespace: string, { id, name }: Row): string => JSON.stringify(`${namespace}/${id}/${name}`);

function readField(snapshot: Snapshot, path: readonly string[]): string | undefined {
  switch (path[0]) {
    case "kind":
      return KIND_NAMES[snapshot.kind];
    case "name":
      return snapshot.name;
    case "parent":
      return snapshot.parent;
    case "labels":
      return labelOf(snapshot.labels, path);
    default:
      return undefined;
  }
}
