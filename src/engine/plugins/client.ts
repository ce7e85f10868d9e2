import { messageOf, systemError } from "../../errors/errors.ts";
import { findPlugin, type PluginAddress } from "./find.ts";

const TYPE = "application/vnd.docker.plugins.v1.2+json";
/** How long a plugin may take for one call, ms. */
const PATIENCE_MS = 30_000;

/** Calls one plugin by name; it is looked up anew for each call, because it may come back somewhere else. */
export class PluginClient {
  readonly name: string;
  #kinds: string[] | undefined;

  readonly #find: (name: string) => PluginAddress;

  constructor(name: string, find: (name: string) => PluginAddress = findPlugin) {
    this.name = name;
    this.#find = find;
  }

  /** Errors: notFound, and system when it does not do this kind of work. */
  async require(kind: string): Promise<void> {
    this.#kinds ??= (await this.#post<{ Implements?: string[] }>("Plugin.Activate", {})).Implements ?? [];
    if (this.#kinds.includes(kind)) return;
    throw systemError(`plugin ${JSON.stringify(this.name)} does not implement the "${kind}" interface`);
  }

  /** Errors: notFound; system, with what the plugin says. */
  async call<T>(kind: string, method: string, body: object): Promise<T> {
    await this.require(kind);
    return this.#post<T>(method, body);
  }

  async #post<T>(method: string, body: object): Promise<T> {
    const { unix, url } = this.#find(this.name);
    const answer = await this.#fetch(method, body, unix, url);
    const parsed = JSON.parse(answer || "{}") as T & { Err?: string };
    if (parsed.Err) throw systemError(parsed.Err);
    return parsed;
  }

  async #fetch(method: string, body: object, unix?: string, url = "http://plugin"): Promise<string> {
    try {
      const response = await fetch(`${url}/${method}`, {
        method: "POST",
        headers: { Accept: TYPE, "Content-Type": TYPE },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...(unix === undefined ? {} : { unix }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(text.trim() || `status ${response.status}`);
      return text;
    } catch (cause) {
      throw systemError(`plugin ${JSON.stringify(this.name)}: ${method}: ${messageOf(cause)}`, { cause });
    }
  }
}
