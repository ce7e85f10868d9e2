import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { writeAtomic } from "../../files/atomic.ts";
import { Layout } from "../../storage/overlay2/layout.ts";
import type { Digest } from "../types.ts";
import type { Examined, Finding } from "./finding.ts";

/** overlay2's short names (l/…), and the lists of layers below that are made of them. */
export async function* overlayLinks(examined: Examined): AsyncGenerator<Finding> {
  const { root, driver } = examined;
  if (driver.name !== "overlay2" && driver.name !== "fuse-overlayfs") return;
  const layout = new Layout(join(root, driver.name));
  yield* shortNames(layout);
  yield* danglingNames(layout);
  yield* lists(examined, layout);
}

const layersOf = (layout: Layout): string[] =>
  readdirSync(layout.root).filter((id) => id !== "l" && existsSync(layout.diff(id)));

/** Each layer has a name, and the name leads to it. */
async function* shortNames(layout: Layout): AsyncGenerator<Finding> {
  for (const id of layersOf(layout)) {
    const subject = `storage layer ${id}`;
    if (!existsSync(join(layout.folder(id), "link"))) {
      const found = readdirSync(join(layout.root, "l")).find((name) => targetOf(layout, name) === id);
      if (found === undefined) yield { subject, problem: "it has no short name" };
      else
        yield {
          subject,
          problem: "its file link is not there",
          cure: "write it anew",
          repair: () => writeFileSync(join(layout.folder(id), "link"), found),
        };
      continue;
    }
    const name = layout.link(id);
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

/** The layer that a short name leads to. */
function targetOf(layout: Layout, name: string): string | undefined {
  const path = join(layout.root, "l", name);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return undefined;
  return basename(dirname(readlinkSync(path)));
}

async function* danglingNames(layout: Layout): AsyncGenerator<Finding> {
  for (const name of readdirSync(join(layout.root, "l"))) {
    const target = targetOf(layout, name);
    if (target !== undefined && existsSync(layout.diff(target))) continue;
    yield {
      subject: join(layout.root, "l", name),
      problem: "it leads to no layer",
      cure: "remove it",
      repair: () => rmSync(join(layout.root, "l", name), { force: true }),
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
    if (!layout.exists(id) || !stack.every((one) => existsSync(join(layout.folder(one), "link")))) continue;
    const list = stack.map((one) => `l/${layout.link(one)}`).join(":");
    const file = join(layout.folder(id), "lower");
    const found = existsSync(file) ? readFileSync(file, "utf8") : "";
    if (found === list) continue;
    yield {
      subject: `storage layer ${id}`,
      problem: "its list of the layers below is wrong",
      cure: "write it anew",
      repair: () => (list === "" ? rmSync(file) : writeAtomic(file, list)),
    };
  }
}
