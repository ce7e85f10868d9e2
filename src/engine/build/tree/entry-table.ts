import { Database, type SQLQueryBindings, type Statement } from "bun:sqlite";
import type { TarHeader, TarType } from "../../../archive/tar/header.ts";
import { tarHeader } from "../../../archive/tar/writer.ts";

/** An entry of a tree. Folders have a number, by which what is in them is found; all else has 0. */
export interface Entry {
  header: TarHeader;
  folder: number;
  /** Where its content begins in the spool. */
  offset: number;
  digest: Uint8Array | undefined;
  /** The same for all names of one file. */
  inode: string | undefined;
}

export const ROOT = 1;

/** KiB of the table that stay in memory. */
const CACHE_KB = 4096;
/**
 * A database without a name has a file only when it has grown out of its cache; it lies in SQLite's folder for such
 * files, has no name either, and goes with the process. Nothing is ever rolled back.
 */
const OPEN = [
  "ATTACH '' AS spool",
  "PRAGMA spool.journal_mode=OFF",
  "PRAGMA spool.synchronous=OFF",
  `PRAGMA spool.cache_size=-${CACHE_KB}`,
];
/** Rows that are read at a time. */
const PAGE = 256;

const COLUMNS =
  "name, folder, type, mode, uid, gid, mtime, size, offset, linkname, major, minor, xattrs, digest, inode";
const TABLE = `CREATE TABLE spool.entry (parent INTEGER NOT NULL, name TEXT NOT NULL, folder INTEGER NOT NULL,
  type TEXT NOT NULL, mode INTEGER NOT NULL, uid INTEGER NOT NULL, gid INTEGER NOT NULL, mtime REAL NOT NULL,
  size INTEGER NOT NULL, offset INTEGER NOT NULL, linkname TEXT, major INTEGER, minor INTEGER, xattrs TEXT,
  digest BLOB, inode TEXT, PRIMARY KEY (parent, name)) WITHOUT ROWID`;
const PUT = `INSERT OR IGNORE INTO entry (parent, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
/** A folder that takes a folder's place has in it what that one had. */
const REPLACE = `${PUT.replace("OR IGNORE ", "")} ON CONFLICT (parent, name) DO UPDATE SET
  folder = CASE WHEN excluded.folder = 0 OR entry.folder = 0 THEN excluded.folder ELSE entry.folder END,
  ${COLUMNS.split(", ")
    .slice(2)
    .map((name) => `${name} = excluded.${name}`)
    .join(", ")}`;

type Row = [
  name: string,
  folder: number,
  type: TarType,
  mode: number,
  uid: number,
  gid: number,
  mtime: number,
  size: number,
  offset: number,
  linkname: string | null,
  major: number | null,
  minor: number | null,
  xattrs: string | null,
  digest: Uint8Array | null,
  inode: string | null,
];

/** Entries by folder and name, in a file that has no name: however many they are, they take no more memory than few. */
export class EntryTable {
  readonly #db: Database;
  readonly #put: Statement<unknown, SQLQueryBindings[]>;
  readonly #replace: Statement<unknown, SQLQueryBindings[]>;
  readonly #get: Statement<unknown, SQLQueryBindings[]>;
  readonly #page: Statement<unknown, SQLQueryBindings[]>;
  #folders = ROOT;

  /** `folder`: where the file lies, if there has to be one; must exist. */
  constructor(folder: string) {
    this.#db = new Database(":memory:");
    this.#db.run(`PRAGMA temp_store_directory='${folder.replaceAll("'", "''")}'`);
    for (const statement of [...OPEN, TABLE, "BEGIN"]) this.#db.run(statement);
    this.#put = this.#db.prepare(PUT);
    this.#replace = this.#db.prepare(REPLACE);
    this.#get = this.#db.prepare(`SELECT ${COLUMNS} FROM entry WHERE parent = ? AND name = ?`);
    this.#page = this.#db.prepare(
      `SELECT ${COLUMNS} FROM entry WHERE parent = ? AND name > ? ORDER BY name LIMIT ${PAGE}`,
    );
  }

  close(): void {
    for (const statement of [this.#put, this.#replace, this.#get, this.#page]) statement.finalize();
    this.#db.close();
  }

  /** The number of a folder that is to be put. */
  newFolder(): number {
    return ++this.#folders;
  }

  /** True if there was something of that name, whose place it took. */
  put(parent: number, name: string, { header, folder, offset, digest, inode }: Entry): boolean {
    const { type, mode, uid, gid, mtime, size, linkname, devmajor, devminor, xattrs } = header;
    const plain = [parent, name, folder, type, mode, uid, gid, mtime, size, offset, linkname || null];
    const rare = [devmajor || null, devminor || null, packed(xattrs), digest ?? null, inode ?? null];
    if (this.#put.run(...plain, ...rare).changes > 0) return false;
    this.#replace.run(...plain, ...rare);
    return true;
  }

  get(parent: number, name: string): Entry | undefined {
    const [row] = this.#get.values(parent, name) as Row[];
    return row && entryOf(row);
  }

  /** What is in a folder, sorted by name (by its bytes); what is put or removed meanwhile may be left out. */
  *children(folder: number): Generator<[name: string, entry: Entry]> {
    for (let last = ""; ; ) {
      const rows = this.#page.values(folder, last) as Row[];
      for (const row of rows) yield [row[0], entryOf(row)];
      if (rows.length < PAGE) return;
      last = rows.at(-1)![0];
    }
  }

  isEmpty(folder: number): boolean {
    return this.#page.values(folder, "").length === 0;
  }

  setInode(parent: number, name: string, inode: string): void {
    this.#db.run("UPDATE entry SET inode = ? WHERE parent = ? AND name = ?", [inode, parent, name]);
  }

  /** With all that is in it, if it is a folder: that cannot be found any more. */
  remove(parent: number, name: string): void {
    this.#db.run("DELETE FROM entry WHERE parent = ? AND name = ?", [parent, name]);
  }
}

function entryOf(row: Row): Entry {
  const [, folder, type, mode, uid, gid, mtime, size, offset, linkname, major, minor, xattrs, digest, inode] =
    row;
  const header = tarHeader({ name: "", type, mode, uid, gid, mtime, size, linkname: linkname ?? "" });
  header.devmajor = major ?? 0;
  header.devminor = minor ?? 0;
  if (xattrs !== null) header.xattrs = unpacked(xattrs);
  return { header, folder, offset, digest: digest ?? undefined, inode: inode ?? undefined };
}

function packed(xattrs: TarHeader["xattrs"]): string | null {
  if (xattrs.size === 0) return null;
  return JSON.stringify([...xattrs].map(([key, value]) => [key, Buffer.from(value).toString("base64")]));
}

const unpacked = (text: string): TarHeader["xattrs"] =>
  new Map(
    (JSON.parse(text) as [string, string][]).map(([key, value]) => [key, Buffer.from(value, "base64")]),
  );
