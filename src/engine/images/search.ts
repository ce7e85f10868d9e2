import { invalidArgument } from "../../errors/errors.ts";
import { searchIndex } from "../../images/registry/search.ts";
import type { SearchOptions, SearchResult } from "../api/images/backend.ts";
import type { ImageDependencies } from "./dependencies.ts";
import { flagOf } from "./list.ts";

/** Searches Docker Hub, or the host that the term names. Errors: invalidArgument for a filter's value. */
export async function searchImages(deps: ImageDependencies, options: SearchOptions): Promise<SearchResult[]> {
  const official = flagOf(options.filters, "is-official");
  const automated = flagOf(options.filters, "is-automated");
  const stars = (options.filters.get("stars") ?? []).map((text) => {
    if (!/^[-+]?\d+$/.test(text)) throw invalidArgument(`invalid filter 'stars=${text}': not a number`);
    return Number(text);
  });
  const found = await searchIndex(deps.transport, deps.registrySettings(), options);
  return found.filter(
    (result) =>
      (official === undefined || result.is_official === official) &&
      (automated === undefined || result.is_automated === automated) &&
      stars.every((least) => result.star_count >= least),
  );
}
