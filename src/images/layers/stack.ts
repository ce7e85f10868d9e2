import { dataLoss, EngineError, invalidArgument, kindOf, messageOf } from "../../errors/errors.ts";
import type { KeyedLock } from "../../lock/keyed-lock.ts";
import { unlessAborted } from "../registry/abort.ts";
import type { Digest, ForeignBlob, Layer, LayerFile, LayerStep } from "../types.ts";
import { chainID } from "./chain-id.ts";
import { RestartedError } from "./growing.ts";
import type { UnpackPlaces } from "./places.ts";
import type { UnpackContext, Unpacked } from "./unpack.ts";

/** A layer that has its place, but is not recorded yet. */
export interface PendingLayer {
  /** The folder with the record to be. */
  transaction: string;
  cacheID: string;
}

/** What a stack needs of the layer store. */
export interface StackStore {
  has(id: Digest): boolean;
  /** Takes a reference. */
  retain(id: Digest): Layer & { cacheID: string };
  release(layer: Layer): Promise<void>;
  begin(below: string | undefined): Promise<PendingLayer>;
  /** Unpacks into its place; `again`: an earlier attempt has left something there. */
  fill(pending: PendingLayer, file: LayerFile, context: UnpackContext, again: boolean): Promise<Unpacked>;
  commit(
    pending: PendingLayer,
    parent: Digest | undefined,
    unpacked: Unpacked,
    foreign: ForeignBlob | undefined,
  ): Promise<Layer>;
  abandon(pending: PendingLayer): Promise<void>;
  /** True if layers can be unpacked at the same time. */
  parallel: boolean;
}

/** As moby; beyond it an overlay's mount has too many layers. */
const MOST_LAYERS = 125;

/** Errors: invalidArgument. */
export function refuseDepth(layers: number): void {
  if (layers > MOST_LAYERS)
    throw invalidArgument(`max depth exceeded: ${layers} layers, where an image may have ${MOST_LAYERS}`);
}

/** Errors: dataLoss when the digest is another than was expected. */
export function refuseOther(found: Digest, expected: Digest | undefined): void {
  if (expected === undefined || found === expected) return;
  throw dataLoss(`layer has digest ${found}, but ${expected} was expected: the archive is damaged`);
}

interface Place extends LayerStep {
  id: Digest;
  parent: Digest | undefined;
}

/** A layer being unpacked. */
interface Filling {
  place: Place;
  pending: PendingLayer;
  unpacked: Promise<Unpacked>;
}

/** What a stack has come to. */
interface Work {
  /** Not recorded yet, bottom first. */
  fillings: Filling[];
  /** The topmost recorded layer, with a reference. */
  top: Layer | undefined;
}

/**
 * Stores the layers of an image: makes the place of each in order, unpacks them at the same time, and records them in
 * order. The locks on all of them are held from the bottom up, so that nobody else is about to record one of them.
 */
export class StackBuilder {
  readonly #store: StackStore;
  readonly #places: UnpackPlaces;

  constructor(store: StackStore, places: UnpackPlaces) {
    this.#store = store;
    this.#places = places;
  }

  build(
    parent: Digest | undefined,
    steps: readonly LayerStep[],
    locks: KeyedLock,
    signal?: AbortSignal,
  ): Promise<Layer> {
    const places: Place[] = [];
    for (const step of steps) {
      const below = places.at(-1)?.id ?? parent;
      places.push({ ...wrapped(step), parent: below, id: chainID(below, step.diffID) });
    }
    const locked = (i: number): Promise<Layer> =>
      i === places.length ? this.#storeAll(places, signal) : locks.run(places[i]!.id, () => locked(i + 1));
    return locked(0);
  }

  async #storeAll(places: Place[], signal: AbortSignal | undefined): Promise<Layer> {
    const there = places.findLastIndex((place) => this.#store.has(place.id));
    for (const place of places.slice(0, there + 1)) place.onDone?.(true);
    const missing = places.slice(there + 1);
    const top = there >= 0 ? places[there]!.id : places[0]?.parent;
    if (missing.length === 0) return this.#store.retain(top!);
    const stop = new AbortController();
    const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const work: Work = { fillings: [], top: undefined };
    const base = top === undefined ? undefined : this.#store.retain(top);
    try {
      signal?.throwIfAborted();
      await this.#startAll(missing, base?.cacheID, work.fillings, either);
      await this.#commitAll(work);
      return work.top!;
    } catch (error) {
      stop.abort(error);
      await this.#undo(work);
      throw error;
    } finally {
      if (base) await this.#store.release(base);
    }
  }

  /** What lies on the committed layers goes before they do. */
  async #undo({ fillings, top }: Work): Promise<void> {
    await Promise.allSettled(fillings.map(({ unpacked }) => unpacked));
    for (const { pending } of fillings.toReversed()) await this.#store.abandon(pending);
    if (top) await this.#store.release(top);
  }

  /** Where layers depend on each other each is waited for before the next one gets its place. */
  async #startAll(
    missing: Place[],
    base: string | undefined,
    fillings: Filling[],
    signal: AbortSignal,
  ): Promise<void> {
    for (const place of missing) {
      const pending = await this.#store.begin(fillings.at(-1)?.pending.cacheID ?? base);
      const unpacked = this.#fill(place, pending, signal);
      unpacked.catch(() => {});
      fillings.push({ place, pending, unpacked });
      if (!this.#store.parallel) await unpacked;
    }
  }

  async #fill(place: Place, pending: PendingLayer, signal: AbortSignal): Promise<Unpacked> {
    for (let again = false; ; again = true) {
      const file = await unlessAborted(place.open(), signal);
      try {
        const unpacked = await this.#fillFrom(file, place, pending, signal, again);
        refuseOther(unpacked.diffID, place.diffID);
        return unpacked;
      } catch (cause) {
        if (signal.aborted) throw cause;
        if (cause instanceof RestartedError) continue;
        if (place.name === undefined) throw cause;
        throw new EngineError(kindOf(cause), `${place.name}: ${messageOf(cause)}`, { cause });
      }
    }
  }

  async #fillFrom(
    file: LayerFile,
    { onRead }: Place,
    pending: PendingLayer,
    signal: AbortSignal,
    again: boolean,
  ): Promise<Unpacked> {
    const context = { signal, growth: file.growth, ...(onRead ? { onRead } : {}) };
    // What is unpacked already has, or had, a place of its own.
    if (file.prepared) return this.#store.fill(pending, file, context, again);
    const leave = await this.#places.enter(file.growth, signal);
    try {
      return await this.#store.fill(pending, file, context, again);
    } finally {
      leave();
    }
  }

  /** In order; a failure of any ends it at once. */
  async #commitAll(work: Work): Promise<void> {
    const never = new Promise<never>(() => {});
    const failed = Promise.race(work.fillings.map(({ unpacked }) => unpacked.then(() => never)));
    failed.catch(() => {});
    for (const { place, pending, unpacked } of [...work.fillings]) {
      const done = await Promise.race([unpacked, failed]);
      const layer = await this.#store.commit(pending, place.parent, done, place.foreign);
      work.fillings.shift();
      const before = work.top;
      work.top = layer;
      if (before) await this.#store.release(before);
      place.onDone?.(false);
    }
  }
}

const wrapped = (step: LayerStep): LayerStep => ({
  diffID: step.diffID,
  ...(step.name === undefined ? {} : { name: step.name }),
  ...(step.foreign ? { foreign: step.foreign } : {}),
  open: () => step.open(),
  ...(step.onRead ? { onRead: (bytes: number) => step.onRead?.(bytes) } : {}),
  ...(step.onDone ? { onDone: (present: boolean) => step.onDone?.(present) } : {}),
});
