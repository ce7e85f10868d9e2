/** `dockerd fsck`: verifies every digest, reference, link, chain of layers and record of a data root. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf, notFound } from "../../errors/errors.ts";
import type { StorageDriver } from "../../storage/driver.ts";
import { openDriver } from "../../storage/open.ts";
import { LayerRecords } from "../layers/records.ts";
import { containers } from "./containers.ts";
import type { Check, Finding } from "./finding.ts";
import { distribution, imageNotes, images, references } from "./images.ts";
import { layerContents, layerRecords, leftovers, storage, unusedLayers } from "./layers.ts";
import { mountRecords } from "./mounts.ts";
import { overlayLinks } from "./overlay-links.ts";

export interface FsckOptions {
  /** The data root; nobody else may use it meanwhile. */
  root: string;
  repair: boolean;
  /** --storage-opt */
  storageOpts?: string[];
  /** What is kept beside images, each with its name: looked at last. */
  others?: readonly [string, () => AsyncIterable<Finding>][];
  say(line: string): void;
}

export interface FsckResult {
  found: number;
  repaired: number;
}

/**
 * In this order: what a repair takes away makes later checks find what hung on it. Layer records go round until
 * nothing is found, because one that is forgotten leaves those above it without theirs.
 */
const CHECKS: [string, Check][] = [
  ["what crashes have left", leftovers],
  ["records of containers' layers", mountRecords],
  ["links of overlay layers", overlayLinks],
  ["records of layers", layerRecords],
  ["contents of layers", layerContents],
  ["records of layers", layerRecords],
  ["images", images],
  ["notes on images", imageNotes],
  ["layers that nobody needs", unusedLayers],
  ["names of images", references],
  ["notes on registries", distribution],
  ["storage layers", storage],
  ["containers", containers],
  ["links of overlay layers", overlayLinks],
];

/** Errors: notFound; those of opening the storage driver. */
export async function fsck(options: FsckOptions): Promise<FsckResult> {
  const folder = join(options.root, "image");
  const drivers = existsSync(folder) ? readdirSync(folder).filter((name) => !name.includes(".")) : [];
  if (drivers.length === 0) throw notFound(`${options.root} has no images: is it a data root?`);
  const total: FsckResult = { found: 0, repaired: 0 };
  for (const driver of drivers) {
    const { found, repaired } = await checkDriver(options, driver);
    total.found += found;
    total.repaired += repaired;
  }
  const teller = new Teller(options, total);
  for (const [what, check] of options.others ?? []) {
    options.say(`checking ${what}`);
    while (await teller.tellAll(what, check()));
  }
  return total;
}

async function checkDriver(options: FsckOptions, name: string): Promise<FsckResult> {
  const driver = await openDriver({ root: options.root, name, options: options.storageOpts ?? [] });
  try {
    return await runChecks(options, driver);
  } finally {
    await driver.cleanup();
  }
}

async function runChecks(options: FsckOptions, driver: StorageDriver): Promise<FsckResult> {
  const { root, say } = options;
  const { name } = driver;
  const at = join(root, "image", name);
  const examined = { root, images: at, driver, records: new LayerRecords(join(at, "layerdb")) };
  const total: FsckResult = { found: 0, repaired: 0 };
  const teller = new Teller(options, total);
  for (const [what, check] of CHECKS) {
    say(`${name}: checking ${what}`);
    while (await teller.tellAll(what, check(examined)));
  }
  return total;
}

/** Says each finding once, repairs it if that is wanted, and counts. */
class Teller {
  readonly #options: FsckOptions;
  readonly #total: FsckResult;
  readonly #known = new Set<string>();

  constructor(options: FsckOptions, total: FsckResult) {
    this.#options = options;
    this.#total = total;
  }

  /** True if something has been repaired, so that the check may find something else. */
  async tellAll(what: string, findings: AsyncIterable<Finding>): Promise<boolean> {
    let again = false;
    for await (const finding of guarded(what, findings)) {
      const line = `${finding.subject}: ${finding.problem}`;
      if (this.#known.has(line)) continue;
      this.#known.add(line);
      this.#total.found++;
      this.#options.say(`  ${line}`);
      if (!(await mend(finding, this.#options))) continue;
      this.#total.repaired++;
      again = true;
    }
    return again;
  }
}

/** What stops a check is a finding as well, and the others go on. */
async function* guarded(what: string, findings: AsyncIterable<Finding>): AsyncGenerator<Finding> {
  try {
    yield* findings;
  } catch (error) {
    yield { subject: what, problem: `cannot be checked: ${messageOf(error)}` };
  }
}

/** True if it has been repaired. */
async function mend(finding: Finding, { repair, say }: FsckOptions): Promise<boolean> {
  if (!finding.repair) return false;
  if (!repair) {
    say(`    --repair would ${finding.cure}`);
    return false;
  }
  try {
    await finding.repair();
    say(`    repaired: ${finding.cure}`);
    return true;
  } catch (error) {
    say(`    cannot be repaired: ${messageOf(error)}`);
    return false;
  }
}
