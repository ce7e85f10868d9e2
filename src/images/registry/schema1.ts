/** Schema 1 manifests, which Docker before 1.10 wrote: their content, and the image that stock Docker makes of one. */
import { dataLoss } from "../../errors/errors.ts";
import { isDigest } from "./descriptor.ts";
import { goJSON, rawMembers, sortedObject } from "./raw-json.ts";

/** A layer, or a step of the build that made none. */
export interface LegacyLayer {
  digest: string;
  /** The step's v1 configuration, as it is in the manifest. */
  v1: string;
  /** True where the step made no layer. */
  empty: boolean;
}

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function bad(why: string): never {
  throw dataLoss(`invalid manifest: ${why}`);
}

const fromBase64 = (text: unknown): Buffer =>
  typeof text === "string" ? Buffer.from(text, "base64url") : bad("a malformed signature");

/**
 * The bytes that a manifest's digest is over: without its signatures, which say how it ended before they were added
 * (JWS in libtrust's pretty form). They are not checked: each brings the key that it is to be checked with.
 */
export function signedContent(raw: Uint8Array): Uint8Array {
  const fields = JSON.parse(new TextDecoder().decode(raw)) as Fields;
  if (!Array.isArray(fields["signatures"]) || fields["signatures"].length === 0) return raw;
  const ends = fields["signatures"].map((signature: unknown) => {
    if (!isObject(signature)) bad("a malformed signature");
    const said = JSON.parse(fromBase64(signature["protected"]).toString("utf8")) as Fields;
    const { formatLength, formatTail } = said;
    if (typeof formatLength !== "number" || !Number.isSafeInteger(formatLength)) bad("a malformed signature");
    if (formatLength < 0 || formatLength > raw.length) bad("a malformed signature");
    return Buffer.concat([raw.subarray(0, formatLength), fromBase64(formatTail)]);
  });
  if (ends.some((end) => !end.equals(ends[0]!))) bad("its signatures are over different contents");
  return ends[0]!;
}

/** The layers, bottom first. Errors: dataLoss in stock's words. */
export function legacyLayers(content: Uint8Array, name: string): LegacyLayer[] {
  const fields = JSON.parse(new TextDecoder().decode(content)) as Fields;
  const { schemaVersion, fsLayers, history } = fields;
  if (schemaVersion !== 1)
    throw dataLoss(`unsupported schema version ${JSON.stringify(schemaVersion)} for "${name}"`);
  if (!Array.isArray(fsLayers) || !Array.isArray(history) || fsLayers.length !== history.length)
    throw dataLoss(`length of history not equal to number of layers for "${name}"`);
  if (fsLayers.length === 0) throw dataLoss(`no FSLayers in manifest for "${name}"`);
  const layers = fsLayers.map((layer: unknown, i): LegacyLayer => {
    const [digest, v1] = [
      isObject(layer) ? layer["blobSum"] : undefined,
      (history[i] as Fields)?.["v1Compatibility"],
    ];
    if (typeof digest !== "string" || !isDigest(digest)) bad(`layer ${i} has an invalid digest`);
    if (typeof v1 !== "string") bad(`layer ${i} has no configuration`);
    return { digest, v1, empty: (JSON.parse(v1) as Fields | null)?.["throwaway"] === true };
  });
  return withoutRepeats(layers).reverse();
}

/** Each step names the one before it; one that is there twice in a row (an old Docker's mistake) counts once. */
function withoutRepeats(layers: LegacyLayer[]): LegacyLayer[] {
  const steps = layers.map((layer) => ({ layer, step: JSON.parse(layer.v1) as Fields }));
  const kept = steps.filter(({ step }, i) => i === 0 || step["id"] !== steps[i - 1]!.step["id"]);
  const ids = new Set(kept.map(({ step }) => step["id"]));
  if (ids.size !== kept.length) throw dataLoss("ID appears multiple times in manifest");
  for (const [i, { step }] of kept.entries()) {
    const parent = kept[i + 1]?.step["id"];
    if (parent !== undefined && step["parent"] !== parent)
      throw dataLoss(
        `invalid parent ID. Expected ${JSON.stringify(parent)}, got ${JSON.stringify(step["parent"])}`,
      );
  }
  return kept.map(({ layer }) => layer);
}

/** The image configuration that stock makes of the steps, bottom first, byte by byte. */
export function configOfLegacy(layers: readonly LegacyLayer[], diffIDs: readonly string[]): Uint8Array {
  const members = rawMembers(modernised(layers.at(-1)!.v1));
  for (const gone of ["id", "parent", "Size", "parent_id", "layer_id", "throwaway"]) members.delete(gone);
  members.set("rootfs", goJSON({ type: "layers", diff_ids: diffIDs }));
  members.set("history", goJSON(layers.map(({ v1, empty }) => historyOf(v1, empty))));
  return Buffer.from(sortedObject(members));
}

/** Go writes the zero time for what has none. */
const ZERO_TIME = "0001-01-01T00:00:00Z";

function historyOf(v1: string, empty: boolean): Fields {
  const { created, author, comment, container_config } = JSON.parse(v1) as Fields;
  const cmd = isObject(container_config) ? container_config["Cmd"] : undefined;
  const created_by = Array.isArray(cmd) ? cmd.join(" ") : typeof cmd === "string" ? cmd : "";
  return {
    created: created ?? ZERO_TIME,
    ...(author ? { author } : {}),
    ...(created_by ? { created_by } : {}),
    ...(comment ? { comment } : {}),
    ...(empty ? { empty_layer: true } : {}),
  };
}

/** Since then a configuration is kept as it is. */
const KEPT_SINCE = [1, 8, 3];

function isKept(version: unknown): boolean {
  const parts = typeof version === "string" ? version.split(/[.-]/).map(Number) : [];
  for (const [i, least] of KEPT_SINCE.entries()) {
    const part = Number.isNaN(parts[i]) ? 0 : (parts[i] ?? 0);
    if (part !== least) return part > least;
  }
  return true;
}

/** The fields that Docker knows, where an older version wrote the configuration; others are dropped, as by stock. */
function modernised(v1: string): string {
  const all = JSON.parse(v1) as Fields;
  if (isKept(all["docker_version"])) return v1;
  const text = (key: string) => (all[key] ? { [key]: all[key] } : {});
  return goJSON({
    ...text("id"),
    ...text("parent"),
    ...text("comment"),
    created: all["created"] ?? ZERO_TIME,
    ...text("container"),
    container_config: containerConfig(all["container_config"]),
    ...text("docker_version"),
    ...text("author"),
    ...(isObject(all["config"]) ? { config: containerConfig(all["config"]) } : {}),
    ...text("architecture"),
    ...text("variant"),
    ...text("os"),
  });
}

/** moby's container.Config: fields in their order, and what stands for none; undefined where it is left out then. */
const CONFIG: [string, unknown][] = [
  ["Hostname", ""],
  ["Domainname", ""],
  ["User", ""],
  ["AttachStdin", false],
  ["AttachStdout", false],
  ["AttachStderr", false],
  ["ExposedPorts", undefined],
  ["Tty", false],
  ["OpenStdin", false],
  ["StdinOnce", false],
  ["Env", null],
  ["Cmd", null],
  ["Healthcheck", undefined],
  ["ArgsEscaped", undefined],
  ["Image", ""],
  ["Volumes", null],
  ["WorkingDir", ""],
  ["Entrypoint", null],
  ["NetworkDisabled", undefined],
  ["MacAddress", undefined],
  ["OnBuild", null],
  ["Labels", null],
  ["StopSignal", undefined],
  ["StopTimeout", undefined],
  ["Shell", undefined],
];

function containerConfig(value: unknown): Fields {
  const given = isObject(value) ? value : {};
  return Object.fromEntries(
    CONFIG.flatMap(([name, none]) => {
      const held = given[name];
      const missing = held === undefined || held === null || (none === undefined && isEmpty(held));
      if (missing) return none === undefined ? [] : [[name, none]];
      return [[name, isObject(held) ? sorted(held) : held]];
    }),
  );
}

const isEmpty = (value: unknown): boolean =>
  value === "" || value === false || (isObject(value) && Object.keys(value).length === 0);

const sorted = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
