import { invalidArgument } from "../../errors/errors.ts";
import type { Layout } from "../config.ts";
import type { Metadata } from "../metadata/database.ts";
import type { NamespaceStore } from "../metadata/namespaces.ts";
import { NativeBackend } from "./native.ts";
import { OverlayBackend } from "./overlay.ts";
import type { Backend } from "./snapshot.ts";
import { Snapshotter } from "./snapshotter.ts";

const BACKENDS: Record<string, (root: string) => Backend> = {
  overlayfs: (root) => new OverlayBackend(root),
  native: (root) => new NativeBackend(root),
};

/** The snapshotters by name, each opened when it is first asked for. */
export class Snapshotters {
  readonly #open = new Map<string, Snapshotter>();
  readonly #layout: Layout;
  readonly #db: Metadata;
  readonly #namespaces: NamespaceStore;

  constructor(layout: Layout, db: Metadata, namespaces: NamespaceStore) {
    this.#layout = layout;
    this.#db = db;
    this.#namespaces = namespaces;
  }

  /** Those that hold anything. */
  used(): string[] {
    return this.#db
      .all<{ snapshotter: string }>("SELECT DISTINCT snapshotter FROM snapshots")
      .map(({ snapshotter }) => snapshotter);
  }

  /** Errors: invalidArgument for a name that is none. */
  get(name: string): Snapshotter {
    let snapshotter = this.#open.get(name);
    if (!snapshotter) {
      const make = Object.hasOwn(BACKENDS, name) ? BACKENDS[name] : undefined;
      if (!make) throw invalidArgument(`snapshotter not loaded: ${name}: invalid argument`);
      snapshotter = new Snapshotter(make(this.#layout.snapshots(name)), this.#db, this.#namespaces);
      this.#open.set(name, snapshotter);
    }
    return snapshotter;
  }
}
