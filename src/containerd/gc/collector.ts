/**
 * Garbage collection: content and snapshots that nothing leads to are removed. What leads to them: images,
 * containers, leases, and anything labelled as a root; from there labels gc.ref.* and a snapshot's parent.
 */
import { kindOf, messageOf } from "../../errors/errors.ts";
import type { Logger } from "../../log/log.ts";
import type { ContentStore } from "../content/store.ts";
import type { ContainerStore } from "../metadata/containers.ts";
import type { ImageStore } from "../metadata/images.ts";
import type { LeaseStore } from "../metadata/leases.ts";
import type { Labels, NamespaceStore } from "../metadata/namespaces.ts";
import type { Snapshotters } from "../snapshots/all.ts";

/** Milliseconds from the start of the daemon to the first collection. */
const STARTUP_DELAY = 100;
/** Deletions that make a collection due, as containerd has it; what clients still work on must not go too soon. */
const THRESHOLD = 100;

/** Of a lease that keeps what it names, and not what that refers to. */
const FLAT_LABEL = "containerd.io/gc.flat";
/** Milliseconds after which content that nobody goes on with is given up, unless a lease holds it: containerd's. */
const INGEST_LIFETIME = 24 * 3600_000;
const ROOT_LABEL = "containerd.io/gc.root";
const CONTENT_REF = /^containerd\.io\/gc\.ref\.content(\.|\/|$)/;
const SNAPSHOT_REF = /^containerd\.io\/gc\.ref\.snapshot\.([^/]+)(\/|$)/;

interface Parts {
  namespaces: NamespaceStore;
  containers: ContainerStore;
  images: ImageStore;
  leases: LeaseStore;
  content: ContentStore;
  snapshotters: Snapshotters;
  log: Logger;
}

export class Collector {
  readonly #parts: Parts;
  #timer: NodeJS.Timeout | undefined;
  /** Since the last collection. */
  #deletions = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Collects what a former run left. */
  start(): void {
    this.#timer = setTimeout(() => void this.collect(), STARTUP_DELAY);
  }

  /** To be called after a deletion: with `wait` collects now, and resolves when that is done. */
  async after(wait: boolean): Promise<void> {
    if (wait) return this.collect();
    this.#deletions++;
    if (this.#deletions >= THRESHOLD) void this.collect();
  }

  /** Collects in all namespaces. Failures are logged: what stays is found the next time. */
  collect(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#deletions = 0;
    const run = async () => {
      this.#parts.leases.expire(Date.now());
      for (const { name } of this.#parts.namespaces.list()) await this.#collectIn(name);
    };
    this.#running = this.#running
      .then(run)
      .catch((error: unknown) => this.#parts.log.error("garbage collection", { error: messageOf(error) }));
    return this.#running;
  }

  stop(): Promise<void> {
    clearTimeout(this.#timer);
    return this.#running;
  }

  async #collectIn(namespace: string): Promise<void> {
    const { content, snapshotters, log } = this.#parts;
    const marker = new Marker(namespace, content, snapshotters);
    this.#markRoots(namespace, marker);
    const removed = { blobs: 0, snapshots: 0 };
    for (const { digest } of content.list(namespace, [])) {
      if (marker.content.has(digest)) continue;
      content.delete(namespace, digest);
      removed.blobs++;
    }
    for (const { ref, updatedAt } of content.statuses(namespace, []))
      if (updatedAt < Date.now() - INGEST_LIFETIME && !marker.ingests.has(ref))
        content.giveUp(namespace, ref);
    // All before the first wait: what is made while something is removed was not there to be marked.
    const dead = snapshotters.used().flatMap((name) => this.#dead(namespace, name, marker));
    for (const { snapshotter, name } of dead)
      if (await this.#remove(namespace, snapshotter, name)) removed.snapshots++;
    if (removed.blobs + removed.snapshots > 0) log.debug("garbage collected", { namespace, ...removed });
  }

  /** Children before their parents, as removal demands. */
  #dead(namespace: string, snapshotter: string, marker: Marker): { snapshotter: string; name: string }[] {
    return this.#parts.snapshotters
      .get(snapshotter)
      .list(namespace, [])
      .filter(({ name }) => !marker.snapshots.has(`${snapshotter}/${name}`))
      .sort((a, b) => b.id - a.id)
      .map(({ name }) => ({ snapshotter, name }));
  }

  /** False if somebody has removed it, or built on it, meanwhile. */
  async #remove(namespace: string, snapshotter: string, name: string): Promise<boolean> {
    try {
      await this.#parts.snapshotters.get(snapshotter).remove(namespace, name);
      return true;
    } catch (error) {
      const kind = kindOf(error);
      if (kind === "notFound" || kind === "failedPrecondition") return false;
      throw error;
    }
  }

  #markRoots(namespace: string, marker: Marker): void {
    const { images, containers, leases, content, snapshotters } = this.#parts;
    for (const image of images.list(namespace, [])) {
      marker.markContent(image.target?.digest ?? "");
      marker.markRefs(image.labels);
    }
    for (const container of containers.list(namespace, [])) {
      if (container.snapshotKey !== "") marker.markSnapshot(container.snapshotter, container.snapshotKey);
      marker.markRefs(container.labels);
    }
    for (const lease of leases.list(namespace, [])) {
      const isFlat = FLAT_LABEL in lease.labels;
      for (const { type, id } of leases.resources(namespace, lease.id)) {
        if (type === "content") marker.markContent(id, isFlat);
        else if (type === "ingests") marker.ingests.add(id);
        else if (type.startsWith("snapshots/"))
          marker.markSnapshot(type.slice("snapshots/".length), id, isFlat);
      }
    }
    for (const blob of content.list(namespace, []))
      if (ROOT_LABEL in blob.labels) marker.markContent(blob.digest);
    for (const name of snapshotters.used())
      for (const snapshot of snapshotters.get(name).list(namespace, []))
        if (ROOT_LABEL in snapshot.labels) marker.markSnapshot(name, snapshot.name);
  }
}

/** Follows references and remembers what was reached. */
class Marker {
  readonly content = new Set<string>();
  /** Refs of content on its way in. */
  readonly ingests = new Set<string>();
  /** Whose references have been followed. */
  readonly #followed = new Set<string>();
  /** "SNAPSHOTTER/NAME". */
  readonly snapshots = new Set<string>();
  readonly #blobLabels: Map<string, Labels>;
  readonly #snapshots: Map<string, { parent: string; labels: Labels }>;

  constructor(namespace: string, content: ContentStore, snapshotters: Snapshotters) {
    this.#blobLabels = new Map(content.list(namespace, []).map(({ digest, labels }) => [digest, labels]));
    this.#snapshots = new Map(
      snapshotters.used().flatMap((snapshotter) =>
        snapshotters
          .get(snapshotter)
          .list(namespace, [])
          .map(({ name, parent, labels }) => [`${snapshotter}/${name}`, { parent, labels }] as const),
      ),
    );
  }

  /** `flat`: without what it refers to, unless something else leads there. */
  markContent(digest: string, flat = false): void {
    this.content.add(digest);
    if (flat || this.#followed.has(digest)) return;
    this.#followed.add(digest);
    this.markRefs(this.#blobLabels.get(digest) ?? {});
  }

  /** What it stands on stays with it, also when it is `flat`. */
  markSnapshot(snapshotter: string, name: string, flat = false): void {
    const key = `${snapshotter}/${name}`;
    this.snapshots.add(key);
    const snapshot = this.#snapshots.get(key);
    if (!snapshot || this.#followed.has(key)) return;
    if (!flat) this.#followed.add(key);
    if (snapshot.parent !== "") this.markSnapshot(snapshotter, snapshot.parent, flat);
    if (!flat) this.markRefs(snapshot.labels);
  }

  markRefs(labels: Labels): void {
    for (const [label, value] of Object.entries(labels)) {
      if (CONTENT_REF.test(label)) this.markContent(value);
      const snapshotter = SNAPSHOT_REF.exec(label)?.[1];
      if (snapshotter) this.markSnapshot(snapshotter, value);
    }
  }
}
