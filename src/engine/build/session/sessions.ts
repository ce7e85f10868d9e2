/** The sessions of clients, by the ids that they chose. A build names one by `session=ID`. */
import type { Duplex } from "node:stream";
import { exists, invalidArgument, unavailable } from "../../../errors/errors.ts";
import type { SessionConnection } from "./connection.ts";

export interface Session {
  readonly id: string;
  /** "/moby.filesync.v1.FileSync/DiffCopy": what the client says that it serves. */
  readonly methods: ReadonlySet<string>;
  readonly connection: SessionConnection;
}

/** A client sends its build and opens its session at the same time: this long one waits for the other. */
const PATIENCE_MS = 5000;

export class Sessions {
  readonly #open = new Map<string, Session>();
  readonly #waiting = new Map<string, Set<(session: Session) => void>>();

  /** Serves a session to its end; `open` gives the connection when all is well. Errors: exists, invalidArgument. */
  async serve(id: string, methods: readonly string[], open: () => Duplex): Promise<void> {
    if (id === "") throw invalidArgument("a session needs an id: X-Docker-Expose-Session-Uuid is not there");
    if (this.#open.has(id)) throw exists(`session ${id} already exists`);
    const { SessionConnection } = await import("./connection.ts");
    const session = { id, methods: new Set(methods), connection: new SessionConnection(open()) };
    this.#open.set(id, session);
    for (const take of this.#waiting.get(id) ?? []) take(session);
    try {
      await session.connection.closed;
    } finally {
      this.#open.delete(id);
      session.connection.close();
    }
  }

  /** Waits for a session that is about to be opened. Errors: unavailable after five seconds; the signal's reason. */
  get(id: string, signal: AbortSignal): Promise<Session> {
    const present = this.#open.get(id);
    if (present) return Promise.resolve(present);
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, waiting);
      const end = (): void => {
        waiting.delete(take);
        if (waiting.size === 0) this.#waiting.delete(id);
        clearTimeout(timer);
        signal.removeEventListener("abort", stop);
      };
      const take = (session: Session): void => {
        end();
        resolve(session);
      };
      const stop = (): void => {
        end();
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        end();
        reject(unavailable(`no active session for ${id}: context deadline exceeded`));
      }, PATIENCE_MS);
      waiting.add(take);
      signal.addEventListener("abort", stop);
    });
  }
}
