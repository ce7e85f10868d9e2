import { notFound } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import type { Exec } from "./exec.ts";

/** How long an ended exec can still be inspected, ms; stock's cleaner comes by as often. */
const KEPT_MS = 5 * 60 * 1000;

/** Exec processes by id. They do not survive the daemon, as with stock. */
export class ExecStore {
  readonly #execs = new Map<string, Exec>();

  add(exec: Exec): void {
    this.#execs.set(exec.id, exec);
    exec.container.execs.add(exec.id);
  }

  get(id: string): Exec | undefined {
    return this.#execs.get(id);
  }

  /** By id or unique beginning. Errors: notFound, with stock's text. */
  find(id: string): Exec {
    const found = this.#execs.get(id);
    if (found) return found;
    const candidates = id === "" ? [] : [...this.#execs.values()].filter((exec) => exec.id.startsWith(id));
    if (candidates.length === 1) return candidates[0]!;
    throw notFound(`No such exec instance: ${id}`);
  }

  /** It has ended: forgotten in a while. */
  ended(exec: Exec): void {
    exec.container.execs.delete(exec.id);
    setTimeout(() => this.#execs.delete(exec.id), KEPT_MS).unref();
  }

  /** All of a container that has ended or been removed. */
  of(container: Container): Exec[] {
    return [...container.execs].flatMap((id) => this.#execs.get(id) ?? []);
  }
}
