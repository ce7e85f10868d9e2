import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeAtomic } from "../../files/atomic.ts";
import { readText } from "../../files/read-text.ts";
import { isLayerID } from "../../storage/layer-id.ts";
import { chainIDOf } from "../layers/chain-id.ts";
import { parseConfig } from "../store/images.ts";
import type { Digest } from "../types.ts";
import type { Examined, Finding } from "./finding.ts";

/**
 * Records of containers' layers, against the layers on disk and the containers' own records: an init layer is named
 * after its container's, and both lie on the image that the container was made of.
 */
export async function* mountRecords(examined: Examined): AsyncGenerator<Finding> {
  const folder = join(examined.images, "layerdb/mounts");
  for (const name of readdirSync(folder)) {
    const at = join(folder, name);
    if (lstatSync(at).isDirectory()) yield* mountRecord(examined, name, at);
    else
      yield {
        subject: at,
        problem: "it is no container's layer",
        cure: "remove it",
        repair: () => rmSync(at),
      };
  }
}

async function* mountRecord(examined: Examined, name: string, at: string): AsyncGenerator<Finding> {
  const subject = `container ${name.slice(0, 12)}`;
  const read = (file: string) => readText(join(at, file))?.trim();
  const rewrite = (file: string, text: string) => ({
    cure: `write ${file} anew`,
    repair() {
      rmSync(join(at, file), { recursive: true, force: true });
      writeAtomic(join(at, file), text);
    },
  });
  const mountID = read("mount-id") ?? "";
  const known = await exists(examined, mountID);
  if (!known) {
    const guess = (read("init-id") ?? "").replace(/-init$/, "");
    const problem = "its record does not name its layer";
    if (await exists(examined, guess)) yield { subject, problem, ...rewrite("mount-id", guess) };
    else if (!isLayerID(mountID)) yield { subject, problem };
    return;
  }
  const initID = `${mountID}-init`;
  if (read("init-id") !== initID && (await exists(examined, initID)))
    yield { subject, problem: "its record does not name its init layer", ...rewrite("init-id", initID) };
  const image = imageOf(examined, name);
  const parent = image ?? read("parent");
  if (parent === undefined) return;
  if (read("parent") !== parent)
    yield { subject, problem: "its record does not name its image's layer", ...rewrite("parent", parent) };
  else if (!examined.records.list().some(({ chainID }) => chainID === parent))
    yield { subject, problem: `its image's layer ${parent} is not there` };
}

const exists = async ({ driver }: Examined, id: string): Promise<boolean> =>
  isLayerID(id) && (await driver.exists(id));

/** The topmost layer of the image that a container was made of, as far as records tell. */
function imageOf({ root, images }: Examined, container: string): Digest | undefined {
  try {
    const config = JSON.parse(readText(join(root, "containers", container, "config.v2.json")) ?? "{}");
    const raw = readText(
      join(images, "imagedb/content/sha256", String(config.Image).slice("sha256:".length)),
    );
    return raw === undefined ? undefined : chainIDOf(parseConfig(Buffer.from(raw)).rootfs.diff_ids ?? []);
  } catch {
    return undefined;
  }
}
