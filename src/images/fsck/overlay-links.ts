import { existsSync, lstatSync, readdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { writeAtomic } from "../../files/atomic.ts";
import { readText } from "../../files/read-text.ts";
import { isLayerID } from "../../storage/layer-id.ts";
import { isShortName, Layout, shortName } from "../../storage/overlay2/layout.ts";
import type { Digest } from "../types.ts";
import type { Examined, Finding } from "./finding.ts";

/** overlay2's short names (l/…), and the lists of layers below that are made of them. */
export async function* overlayLinks(examined: Examined): AsyncGenerator<Finding> {
  const { root, driver } = examined;
  if (driver.name !== "overlay2" && driver.name !== "fuse-overlayfs") return;
  const layout = new Layout(join(root, driver.name));
  // What a crash has left is told of once, as that.
  const abandoned = examined.records.abandoned();
  yield* shortNames(layout, abandoned);
  yield* danglingNames(layout, abandoned);
  yield* lists(examined, layout);
}

const layersOf = (layout: Layout): string[] =>
  readdirSync(layout.root).filter((id) => id !== "l" && existsSync(layout.diff(id)));

/** Each layer has a name, and the name leads to it. */
async function* shortNames(layout: Layout, abandoned: ReadonlySet<string>): AsyncGenerator<Finding> {
  for (const id of layersOf(layout)) {
    if (abandoned.has(id)) continue;
    const subject = `storage layer ${id}`;
    const name = linkOf(layout, id);
    if (name === undefined) {
      yield {
        subject,
        problem: "its file link is not there, or damaged",
        cure: "write it anew",
        repair: () => renewLink(layout, id),
      };
      continue;
    }
    if (targetOf(layout, name) === id) continue;
    yield {
      subject,
      problem: `its short name l/${name} does not lead to it`,
      cure: "make the link anew",
      repair() {
        rmSync(join(layout.root, "l", name), { recursive: true, force: true });
        symlinkSync(join("..", id, "diff"), join(layout.root, "l", name));
      },
    };
  }
}

/** Undefined if it cannot be one. */
function linkOf(layout: Layout, id: string): string | undefined {
  const text = readText(join(layout.folder(id), "link"));
  return text !== undefined && isShortName(text) ? text : undefined;
}

/** By the short name that leads to the layer, or by a new one. */
function renewLink(layout: Layout, id: string): void {
  const file = join(layout.folder(id), "link");
  let name = readdirSync(join(layout.root, "l")).find((one) => targetOf(layout, one) === id);
  if (name === undefined) {
    name = shortName();
    symlinkSync(join("..", id, "diff"), join(layout.root, "l", name));
  }
  rmSync(file, { recursive: true, force: true });
  writeAtomic(file, name);
}

/** The layer that a short name leads to. */
function targetOf(layout: Layout, name: string): string | undefined {
  const path = join(layout.root, "l", name);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return undefined;
  return basename(dirname(readlinkSync(path)));
}

async function* danglingNames(layout: Layout, abandoned: ReadonlySet<string>): AsyncGenerator<Finding> {
  for (const name of readdirSync(join(layout.root, "l"))) {
    const target = targetOf(layout, name);
    if (target !== undefined && (abandoned.has(target) || existsSync(layout.diff(target)))) continue;
    yield {
      subject: join(layout.root, "l", name),
      problem: "it leads to no layer",
      cure: "remove it",
      repair: () => rmSync(join(layout.root, "l", name), { recursive: true, force: true }),
    };
  }
}

/** What a layer lies on, by its own list, against what it should by the records. */
async function* lists({ records }: Examined, layout: Layout): AsyncGenerator<Finding> {
  const layers = new Map(records.list().map((record) => [record.chainID, record]));
  const below = (id: Digest | undefined): string[] => {
    const record = id === undefined ? undefined : layers.get(id);
    return record ? [record.cacheID, ...below(record.parent)] : [];
  };
  const wanted: [string, string[]][] = records.list().map(({ cacheID, parent }) => [cacheID, below(parent)]);
  for (const { mountID, initID, parent } of records.mounts()) {
    const image = below(parent);
    if (initID !== undefined) wanted.push([initID, image]);
    wanted.push([mountID, initID === undefined ? image : [initID, ...image]]);
  }
  for (const [id, stack] of wanted) {
    if (![id, ...stack].every((one) => isLayerID(one) && layout.exists(one) && linkOf(layout, one))) continue;
    const list = stack.map((one) => `l/${layout.link(one)}`).join(":");
    const file = join(layout.folder(id), "lower");
    const found = readText(file) ?? "";
    if (found === list && (list !== "") === existsSync(file)) continue;
    yield {
      subject: `storage layer ${id}`,
      problem: "its list of the layers below is wrong",
      cure: "write it anew",
      repair() {
        rmSync(file, { recursive: true, force: true });
        if (list !== "") writeAtomic(file, list);
      },
    };
  }
}
