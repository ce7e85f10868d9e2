import { resolve } from "node:path";

/** What the --volume values ask for: bind mounts and named volumes, and anonymous volumes. */
export interface Volumes {
  binds: string[];
  anonymous: Record<string, Record<string, never>>;
}

/** Sorts the --volume values. Errors: in the words of the docker client. */
export function parseVolumes(specs: readonly string[]): Volumes {
  const volumes: Volumes = { binds: [], anonymous: {} };
  for (const spec of new Set(specs)) {
    if (spec === "") throw new Error("invalid empty volume spec");
    if (hasSource(spec)) volumes.binds.push(absolute(spec));
    else volumes.anonymous[spec] = {};
  }
  return volumes;
}

/** Whether the specification is SOURCE:TARGET[:OPTIONS], not TARGET alone. */
function hasSource(spec: string): boolean {
  if (spec.length <= 2) return false;
  const sections = sectionsOf(spec);
  const invalid = (why: string) => new Error(`invalid spec: ${spec}: ${why}`);
  if (sections.includes("")) throw invalid("empty section between colons");
  if (sections.length > 3) throw invalid("too many colons");
  return sections.length > 1;
}

/** What stands between colons; a single letter and its colon belong to what follows, as a drive of Windows does. */
function sectionsOf(spec: string): string[] {
  const sections: string[] = [];
  let section = "";
  for (const character of spec) {
    if (character !== ":" || /^\p{L}$/u.test(section)) section += character;
    else {
      sections.push(section);
      section = "";
    }
  }
  return [...sections, section];
}

/** Makes a source that starts with a dot absolute; a bare name is a volume's. */
function absolute(spec: string): string {
  if (!spec.startsWith(".")) return spec;
  const colon = spec.indexOf(":");
  return resolve(spec.slice(0, colon)) + spec.slice(colon);
}
