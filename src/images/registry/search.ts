import { EngineError, invalidArgument, isCancelled } from "../../errors/errors.ts";
import { readLimited, refused } from "./body.ts";
import type { Credentials } from "./credentials.ts";
import { endpointsFor, HUB_DOMAIN, type RegistrySettings } from "./endpoint.ts";
import { basic } from "./token.ts";
import type { Answer, TLSOptions, Transport } from "./transport.ts";

/** Docker Hub's index, which has the search; the registry itself has none. */
const HUB_INDEX = "https://index.docker.io";
const MAX_ANSWER = 4 << 20;

/** What an index says of a repository. */
export interface FoundRepository {
  name: string;
  description: string;
  star_count: number;
  is_official: boolean;
  is_automated: boolean;
}

/**
 * Searches an index (the v1 search API) for a term; "host/term" asks that host. For Docker Hub, mirrors are
 * asked first: some offer the search, too. Errors: the last one's.
 */
export async function searchIndex(
  transport: Transport,
  settings: RegistrySettings,
  query: { term: string; limit: number; credentials: Credentials; signal: AbortSignal },
): Promise<FoundRepository[]> {
  if (query.term.includes("://"))
    throw invalidArgument(
      `invalid repository name: repository name (${query.term}) should not have a scheme`,
    );
  const { domain, term } = splitTerm(query.term);
  const endpoints = await endpointsFor(domain, settings, "pull");
  let failure: unknown;
  for (const { url, mirror, tls } of endpoints) {
    const base = domain === HUB_DOMAIN && !mirror ? HUB_INDEX : url;
    try {
      const credentials = mirror ? {} : query.credentials;
      return await ask(transport, new URL(`${base}/v1/search`), tls, { ...query, term, credentials });
    } catch (error) {
      if (isCancelled(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

function splitTerm(text: string): { domain: string; term: string } {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(0, slash));
  if (!/[.:]/.test(first) && first !== "localhost")
    return { domain: HUB_DOMAIN, term: text.replace(/^library\//, "") };
  return { domain: first === "index.docker.io" ? HUB_DOMAIN : first, term: text.slice(slash + 1) };
}

async function ask(
  transport: Transport,
  url: URL,
  tls: TLSOptions | undefined,
  query: { term: string; limit: number; credentials: Credentials; signal: AbortSignal },
): Promise<FoundRepository[]> {
  url.searchParams.set("q", query.term);
  url.searchParams.set("n", String(query.limit || 25));
  const { username, password } = query.credentials;
  const headers: Record<string, string> =
    username && password ? { authorization: basic(username, password) } : {};
  const answer = await transport.send({ method: "GET", url, headers, tls, signal: query.signal });
  if (answer.status !== 200) throw await refusal(answer, transport.idleTimeout);
  const raw = await readLimited(answer, MAX_ANSWER, transport.idleTimeout, query.signal);
  try {
    const { results } = JSON.parse(new TextDecoder().decode(raw)) as { results?: unknown };
    return Array.isArray(results) ? results.map(repository) : [];
  } catch (cause) {
    throw new EngineError(
      "system",
      `error decoding registry search results: "${url}" answered with something else than JSON`,
      { cause },
    );
  }
}

/** In stock's words, which leave out the index's own but for its wish for a login. */
async function refusal(answer: Answer, idle: number): Promise<EngineError> {
  const { kind } = await refused(answer, idle);
  return new EngineError(kind, `Unexpected status code ${answer.status}`);
}

function repository(value: unknown): FoundRepository {
  const fields = (value ?? {}) as Record<string, unknown>;
  const text = (name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
  return {
    star_count: Number(fields["star_count"]) || 0,
    is_official: fields["is_official"] === true,
    name: text("name"),
    is_automated: fields["is_automated"] === true,
    description: text("description"),
  };
}
