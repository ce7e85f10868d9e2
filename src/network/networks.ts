import { randomBytes } from "node:crypto";
import { invalidArgument, notFound } from "../errors/errors.ts";
import { type AddressSpaces, spacesOf } from "./address/spaces.ts";
import type { NetworkRecord } from "./records.ts";
import type { NetworkStore } from "./store.ts";

export const newID = (): string => randomBytes(32).toString("hex");

/** All networks, by id: kept on disk, with the addresses that are in use. */
export class Networks {
  readonly #store: NetworkStore;
  readonly #records = new Map<string, NetworkRecord>();
  readonly #spaces = new Map<string, AddressSpaces>();

  constructor(store: NetworkStore) {
    this.#store = store;
    for (const record of store.loadNetworks()) this.#hold(record);
  }

  all(): NetworkRecord[] {
    return [...this.#records.values()];
  }

  get(id: string): NetworkRecord | undefined {
    return this.#records.get(id);
  }

  named(name: string): NetworkRecord | undefined {
    return this.all().find((record) => record.name === name);
  }

  /** By id, name, or id prefix. Errors: notFound; invalidArgument for a prefix of several ids. */
  find(nameOrID: string): NetworkRecord {
    const exact = this.#records.get(nameOrID) ?? this.named(nameOrID);
    if (exact) return exact;
    const matches = nameOrID === "" ? [] : this.all().filter((record) => record.id.startsWith(nameOrID));
    if (matches.length > 1)
      throw invalidArgument(
        `network ${nameOrID} is ambiguous (${matches.length} matches found based on ID prefix)`,
      );
    if (!matches[0]) throw notFound(`network ${nameOrID} not found`);
    return matches[0];
  }

  /** The addresses of a network. */
  spaces(id: string): AddressSpaces {
    const spaces = this.#spaces.get(id);
    if (!spaces) throw notFound(`network ${id} not found`);
    return spaces;
  }

  /** Keeps the record; its gateway and auxiliary addresses are taken. */
  add(record: NetworkRecord): void {
    this.#hold(record);
    this.save();
  }

  /** Lets nobody find a network that is about to be removed; on disk it stays until remove(). */
  hide(id: string): void {
    this.#records.delete(id);
  }

  remove(id: string): void {
    this.#records.delete(id);
    this.#spaces.delete(id);
    this.save();
  }

  /** Writes what has changed in a record. */
  save(): void {
    this.#store.saveNetworks(this.all());
  }

  #hold(record: NetworkRecord): void {
    this.#records.set(record.id, record);
    this.#spaces.set(record.id, spacesOf(record));
  }
}
