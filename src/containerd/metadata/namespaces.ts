import { exists, failedPrecondition, notFound } from "../../errors/errors.ts";
import type { Metadata } from "./database.ts";
import { checkIdentifier, checkLabels } from "./validate.ts";

export type Labels = Record<string, string>;

/** The tables that hold what lives in a namespace, and what people call it. */
const CONTENTS = {
  containers: "containers",
  images: "images",
  blobs: "content",
  snapshots: "snapshots",
  leases: "leases",
};

/** Namespaces with their labels. One comes into being when something is first stored in it. */
export class NamespaceStore {
  readonly #db: Metadata;
  readonly #known = new Set<string>();

  constructor(db: Metadata) {
    this.#db = db;
  }

  list(): { name: string; labels: Labels }[] {
    return this.#db
      .all<{ name: string; labels: string }>("SELECT name, labels FROM namespaces ORDER BY name")
      .map(({ name, labels }) => ({ name, labels: JSON.parse(labels) as Labels }));
  }

  /**
   * A namespace's labels; none for one that nothing has been stored in yet, as containerd has it: clients
   * ask for the labels before they create the first thing.
   */
  labels(name: string): Labels {
    const row = this.#db.get<{ labels: string }>("SELECT labels FROM namespaces WHERE name = ?", name);
    return row ? (JSON.parse(row.labels) as Labels) : {};
  }

  /** Errors: exists, invalidArgument. */
  create(name: string, labels: Labels): void {
    checkIdentifier(name);
    checkLabels(labels);
    const added = this.#db.run(
      "INSERT OR IGNORE INTO namespaces VALUES (?, ?)",
      name,
      JSON.stringify(labels),
    );
    if (added === 0) throw exists(`namespace ${JSON.stringify(name)}: already exists`);
  }

  /** Makes sure that the namespace is there. */
  ensure(name: string): void {
    if (this.#known.has(name)) return;
    this.#db.run("INSERT OR IGNORE INTO namespaces VALUES (?, '{}')", name);
    this.#known.add(name);
  }

  setLabels(name: string, labels: Labels): void {
    checkIdentifier(name);
    checkLabels(labels);
    this.#db.run("INSERT OR REPLACE INTO namespaces VALUES (?, ?)", name, JSON.stringify(labels));
  }

  /** Errors: notFound; failedPrecondition while anything is in it. */
  delete(name: string): void {
    if (!this.#db.get("SELECT 1 FROM namespaces WHERE name = ?", name))
      throw notFound(`namespace ${JSON.stringify(name)}: not found`);
    for (const [table, what] of Object.entries(CONTENTS)) {
      if (this.#db.get(`SELECT 1 FROM ${table} WHERE namespace = ? LIMIT 1`, name))
        throw failedPrecondition(
          `namespace ${JSON.stringify(name)} must be empty, but it still has ${what}: failed precondition`,
        );
    }
    this.#db.run("DELETE FROM namespaces WHERE name = ?", name);
    this.#known.delete(name);
  }
}
