/**
 * The metadata database: one SQLite file, in WAL mode. synchronous=NORMAL keeps every transaction through
 * a kill -9 of the daemon and keeps the file whole through a power loss, which may cost the last moments.
 */
import { Database, type SQLQueryBindings } from "bun:sqlite";
import { failedPrecondition } from "../../errors/errors.ts";
import { faultPoint } from "../../files/fault.ts";

const SCHEMA_VERSION = 1;

const SCHEMA = `
CREATE TABLE namespaces (name TEXT PRIMARY KEY, labels TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE containers (
  namespace TEXT NOT NULL, id TEXT NOT NULL, record BLOB NOT NULL,
  PRIMARY KEY (namespace, id)
) WITHOUT ROWID;
CREATE TABLE images (
  namespace TEXT NOT NULL, name TEXT NOT NULL, record BLOB NOT NULL,
  PRIMARY KEY (namespace, name)
) WITHOUT ROWID;
CREATE TABLE leases (
  namespace TEXT NOT NULL, id TEXT NOT NULL, created_at REAL NOT NULL, labels TEXT NOT NULL,
  PRIMARY KEY (namespace, id)
) WITHOUT ROWID;
CREATE TABLE lease_resources (
  namespace TEXT NOT NULL, lease TEXT NOT NULL, type TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (namespace, lease, type, id),
  FOREIGN KEY (namespace, lease) REFERENCES leases (namespace, id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE blobs (
  namespace TEXT NOT NULL, digest TEXT NOT NULL, size INTEGER NOT NULL,
  created_at REAL NOT NULL, updated_at REAL NOT NULL, labels TEXT NOT NULL,
  PRIMARY KEY (namespace, digest)
) WITHOUT ROWID;
CREATE TABLE snapshots (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  namespace TEXT NOT NULL, snapshotter TEXT NOT NULL, name TEXT NOT NULL, parent TEXT NOT NULL,
  kind INTEGER NOT NULL, created_at REAL NOT NULL, updated_at REAL NOT NULL, labels TEXT NOT NULL,
  size INTEGER NOT NULL DEFAULT 0, inodes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (namespace, snapshotter, name)
);
CREATE INDEX snapshots_by_parent ON snapshots (namespace, snapshotter, parent);
`;

export type Row = Record<string, SQLQueryBindings>;

/** Opens the database, creating or upgrading it. Errors: failedPrecondition when it is not to be used. */
export function openDatabase(path: string): Metadata {
  let database: Database;
  try {
    database = new Database(path, { create: true, strict: true });
    for (const pragma of [
      "journal_mode = WAL",
      "synchronous = NORMAL",
      "foreign_keys = ON",
      "busy_timeout = 5000",
      "cache_size = -1024",
    ])
      database.run(`PRAGMA ${pragma}`);
    migrate(database, path);
  } catch (cause) {
    if (cause instanceof Error && "kind" in cause) throw cause;
    throw failedPrecondition(
      `metadata database ${path}: ${(cause as Error).message}; move it away to start with empty metadata (images' and containers' files stay)`,
      { cause },
    );
  }
  return new Metadata(database);
}

function migrate(database: Database, path: string): void {
  const { user_version: version } = database.query("PRAGMA user_version").get() as { user_version: number };
  if (version === SCHEMA_VERSION) return;
  if (version > SCHEMA_VERSION)
    throw failedPrecondition(
      `metadata database ${path} has schema ${version}, this docker-containerd knows ${SCHEMA_VERSION}: use the newer version that wrote it`,
    );
  database.transaction(() => {
    database.run(SCHEMA);
    database.run(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  })();
}

/** Typed, cached statements over the database. All calls are synchronous and take microseconds. */
export class Metadata {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  all<T>(sql: string, ...values: SQLQueryBindings[]): T[] {
    return this.#database.query(sql).all(...values) as T[];
  }

  get<T>(sql: string, ...values: SQLQueryBindings[]): T | undefined {
    return (this.#database.query(sql).get(...values) as T | null) ?? undefined;
  }

  /** Returns the number of rows changed. */
  run(sql: string, ...values: SQLQueryBindings[]): number {
    const { changes } = this.#database.query(sql).run(...values);
    faultPoint("metadata.committed");
    return changes;
  }

  /** Runs `work` whole or not at all. */
  transaction<T>(work: () => T): T {
    return this.#database.transaction(work).immediate();
  }

  close(): void {
    this.#database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    this.#database.close();
  }
}
