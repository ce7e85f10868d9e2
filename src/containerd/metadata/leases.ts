import { exists, invalidArgument, notFound, notImplemented } from "../../errors/errors.ts";
import { wrongDigest } from "../content/digest.ts";
import { compileFilters, labelOf } from "../filters/filter.ts";
import type { Metadata } from "./database.ts";
import { withoutEmpty } from "./field-mask.ts";
import type { Labels, NamespaceStore } from "./namespaces.ts";
import { checkLabels } from "./validate.ts";

export interface Lease {
  id: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  labels: Labels;
}

/** What a lease keeps: type "content" or "snapshots/SNAPSHOTTER" or "ingests", and the digest, key or ref. */
export interface Resource {
  type: string;
  id: string;
}

interface Row {
  id: string;
  created_at: number;
  labels: string;
}

const EXPIRE_LABEL = "containerd.io/gc.expire";

/** Leases keep what a client is making from the garbage collector until it is finished. */
export class LeaseStore {
  readonly #db: Metadata;
  readonly #namespaces: NamespaceStore;

  constructor(db: Metadata, namespaces: NamespaceStore) {
    this.#db = db;
    this.#namespaces = namespaces;
  }

  /** Errors: exists, invalidArgument. */
  create(namespace: string, id: string, given: Labels): Lease {
    checkLabels(given);
    const labels = withoutEmpty(given);
    const lease = { id: id || crypto.randomUUID(), createdAt: Date.now(), labels };
    this.#namespaces.ensure(namespace);
    const added = this.#db.run(
      "INSERT OR IGNORE INTO leases VALUES (?, ?, ?, ?)",
      namespace,
      lease.id,
      lease.createdAt,
      JSON.stringify(labels),
    );
    if (added === 0) throw exists(`lease ${JSON.stringify(lease.id)}: already exists`);
    return lease;
  }

  list(namespace: string, filters: readonly string[]): Lease[] {
    const matches = compileFilters(filters, readField);
    return this.#db
      .all<Row>("SELECT id, created_at, labels FROM leases WHERE namespace = ? ORDER BY id", namespace)
      .map((row) => ({ id: row.id, createdAt: row.created_at, labels: JSON.parse(row.labels) as Labels }))
      .filter(matches);
  }

  /** Errors: notFound. */
  delete(namespace: string, id: string): void {
    const gone = this.#db.run("DELETE FROM leases WHERE namespace = ? AND id = ?", namespace, id);
    if (gone === 0) throw missing(id);
  }

  /** Errors: notFound for the lease, invalidArgument for the type. */
  addResource(namespace: string, lease: string, { type, id }: Resource): void {
    this.#check(namespace, lease, { type, id });
    this.#db.run("INSERT OR IGNORE INTO lease_resources VALUES (?, ?, ?, ?)", namespace, lease, type, id);
  }

  /** Errors: notFound for the lease, invalidArgument for the type. */
  removeResource(namespace: string, lease: string, { type, id }: Resource): void {
    this.#check(namespace, lease, { type, id });
    this.#db.run(
      "DELETE FROM lease_resources WHERE namespace = ? AND lease = ? AND type = ? AND id = ?",
      namespace,
      lease,
      type,
      id,
    );
  }

  /** Errors: notFound. */
  resources(namespace: string, lease: string): Resource[] {
    this.#checkLease(namespace, lease);
    return this.#db.all<Resource>(
      "SELECT type, id FROM lease_resources WHERE namespace = ? AND lease = ? ORDER BY type, id",
      namespace,
      lease,
    );
  }

  /** Ends leases whose time is over. */
  expire(now: number): void {
    for (const row of this.#db.all<Row & { namespace: string }>(
      "SELECT * FROM leases WHERE labels LIKE ?",
      `%${EXPIRE_LABEL}%`,
    )) {
      const until = Date.parse((JSON.parse(row.labels) as Labels)[EXPIRE_LABEL] ?? "");
      if (until <= now) this.delete(row.namespace, row.id);
    }
  }

  #check(namespace: string, lease: string, resource: Resource): void {
    this.#checkLease(namespace, lease);
    checkResource(resource);
  }

  #checkLease(namespace: string, lease: string): void {
    if (!this.#db.get("SELECT 1 FROM leases WHERE namespace = ? AND id = ?", namespace, lease))
      throw missing(lease);
  }
}

function checkResource({ type, id }: Resource): void {
  const [kind, ...keys] = type.split("/");
  if (kind === "content" && keys.length === 0) {
    const wrong = wrongDigest(id);
    if (wrong) throw invalidArgument(`invalid content resource id ${id}: ${wrong}: invalid argument`);
  } else if (kind === "snapshots") {
    if (keys.length !== 1 || keys[0] === "")
      throw invalidArgument(`invalid snapshot resource type ${type}: invalid argument`);
  } else if (type !== "ingests") {
    throw notImplemented(`resource type ${type} not supported yet: not implemented`);
  }
}

const missing = (id: string) => notFound(`lease ${JSON.stringify(id)}: not found`);

function readField(lease: Lease, path: readonly string[]): string | undefined {
  return path[0] === "id" ? lease.id : path[0] === "labels" ? labelOf(lease.labels, path) : undefined;
}
