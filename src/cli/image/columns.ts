import type { ImageSummary } from "../../api/schema.ts";
import { familiarName, parseReference } from "../../reference/reference.ts";
import { humanDuration } from "../../units/human-duration.ts";
import { goTime } from "../format/go-time.ts";
import type { Columns } from "../format/list.ts";
import { humanSize, humanSizeDigits } from "../format/size.ts";
import { shortId } from "../format/text.ts";

/** The Go type that stock's errors about templates name. */
export const ROW_TYPE = "*formatter.imageContext";

export const HEADERS: Record<string, string> = {
  ID: "IMAGE ID",
  Repository: "REPOSITORY",
  Tag: "TAG",
  Digest: "DIGEST",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  Size: "SIZE",
  Containers: "CONTAINERS",
  VirtualSize: "SIZE",
  SharedSize: "SHARED SIZE",
  UniqueSize: "UNIQUE SIZE",
};

const SIZE_DIGITS = 3;
const NONE = "<none>";
/** A moment that counts as none: the zero time of Go. */
const ZERO_TIME = -62135596800;

/** One line of `docker images`: an image under one of its names. */
interface Named {
  repository: string;
  tag: string;
  digest: string;
}

export interface RowOptions {
  /** Cut ids. */
  short: boolean;
  /** Show digests: those without a tag get lines of their own. */
  digests: boolean;
  /** The template shows digests. */
  digestUsed: boolean;
}

/** The lines of an image, one for each name; one for an image without any. */
export function rowsOf(image: ImageSummary, options: RowOptions): Columns[] {
  return namesOf(image, options).map((named) => columnsOf(image, named, options.short));
}

/** The line of an image in `docker system df`: under its first name, without digests. */
export function firstRowOf(image: ImageSummary, short: boolean): Columns {
  const [first] = group(image.RepoTags?.slice(0, 1), (reference) => reference.tag);
  const named = first ? { repository: first[0], tag: first[1][0]! } : { repository: NONE, tag: NONE };
  return columnsOf(image, { ...named, digest: "" }, short);
}

function namesOf(image: ImageSummary, { digests, digestUsed }: RowOptions): Named[] {
  const tags = group(image.RepoTags, (reference) => reference.tag);
  const found = group(image.RepoDigests, (reference) => reference.digest);
  if (isDangling(image)) return [{ repository: NONE, tag: NONE, digest: NONE }];
  const rows: Named[] = [];
  for (const [repository, all] of tags) {
    const own = digests || digestUsed ? found.get(repository) : undefined;
    for (const tag of all) for (const digest of own ?? [NONE]) rows.push({ repository, tag, digest });
  }
  for (const [repository, all] of found) {
    if (tags.has(repository)) continue;
    for (const digest of digests ? all : [""]) rows.push({ repository, tag: NONE, digest });
  }
  return rows;
}

function isDangling({ RepoTags, RepoDigests }: ImageSummary): boolean {
  const none = (list: string[] | null | undefined, mark: string) =>
    !list?.length || (list.length === 1 && list[0] === mark);
  return none(RepoTags, "<none>:<none>") && none(RepoDigests, "<none>@<none>");
}

function group(
  names: readonly string[] | null | undefined,
  part: (reference: ReturnType<typeof parseReference>) => string | undefined,
): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names ?? []) {
    try {
      const reference = parseReference(name);
      const value = part(reference);
      const repository = familiarName(reference);
      if (value !== undefined) groups.set(repository, [...(groups.get(repository) ?? []), value]);
    } catch {
      // "<none>:<none>" and the like stand for no name.
    }
  }
  return groups;
}

function columnsOf(image: ImageSummary, named: Named, short: boolean): Columns {
  const { Id, Created, Size, SharedSize, Containers } = image;
  return {
    ID: () => (short ? shortId(Id) : Id),
    Repository: () => named.repository,
    Tag: () => named.tag,
    Digest: () => named.digest,
    CreatedSince: () => (Created === ZERO_TIME ? "" : `${humanDuration(Date.now() / 1000 - Created)} ago`),
    CreatedAt: () => goTime(Created),
    Size: () => humanSizeDigits(Size, SIZE_DIGITS),
    Containers: () => (Containers === -1 ? "N/A" : String(Containers ?? 0)),
    VirtualSize: () => humanSize(Size),
    SharedSize: () => (SharedSize === -1 ? "N/A" : humanSize(SharedSize ?? 0)),
    UniqueSize: () => (Size === -1 || SharedSize === -1 ? "N/A" : humanSize(Size - (SharedSize ?? 0))),
  };
}
