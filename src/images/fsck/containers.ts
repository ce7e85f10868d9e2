import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../errors/errors.ts";
import type { Examined, Finding } from "./finding.ts";

/** Records of containers: readable, of the container that they are filed under, on a layer and an image that are there. */
export async function* containers({ root, images, records, driver }: Examined): AsyncGenerator<Finding> {
  const folder = join(root, "containers");
  if (!existsSync(folder)) return;
  const mounts = new Set(records.mounts().map(({ name }) => name));
  // Removals and creations that were cut short are finished by the next daemon.
  for (const id of readdirSync(folder).filter((name) => !name.endsWith("-removing"))) {
    const path = join(folder, id, "config.v2.json");
    const subject = `container ${id.slice(0, 12)}`;
    if (!existsSync(path)) {
      yield { subject, problem: `${path} is not there: the container is lost` };
      continue;
    }
    let config: Record<string, unknown>;
    try {
      config = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    } catch (error) {
      yield { subject, problem: `${path} cannot be read: ${messageOf(error)}` };
      continue;
    }
    if (config["Driver"] !== driver.name) continue;
    if (config["ID"] !== id) yield { subject, problem: `its record is of container ${String(config["ID"])}` };
    if (!mounts.has(id)) yield { subject, problem: "its layer is not there: it cannot be started" };
    const image = String(config["Image"] ?? "");
    if (image !== "" && !existsSync(join(images, "imagedb/content/sha256", image.slice("sha256:".length))))
      yield { subject, problem: `its image ${image} is not there; the container itself can be used` };
  }
}
