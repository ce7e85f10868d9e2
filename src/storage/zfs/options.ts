import { invalidArgument } from "../../errors/errors.ts";

/** What `--storage-opt zfs.…` sets. */
export interface ZfsOptions {
  /** The file system that layers are made in; undefined: the one that the data root is on. */
  dataset?: string;
}

/** Errors: invalidArgument. */
export function zfsOptions(given: readonly string[]): ZfsOptions {
  const options: ZfsOptions = {};
  for (const text of given) {
    const [, dataset] = /^zfs\.fsname=(.*)$/i.exec(text) ?? [];
    if (dataset === undefined) throw invalidArgument(`Unknown option ${text} (known: zfs.fsname)`);
    if (dataset !== "") options.dataset = dataset;
  }
  return options;
}

/** A container's limit, in the words of `zfs set quota=`. Errors: invalidArgument. */
export function quotaAsked(given: Readonly<Record<string, string>>): string | undefined {
  for (const key of Object.keys(given))
    if (key.toLowerCase() !== "size") throw invalidArgument(`Unknown option ${key} (zfs knows: size)`);
  return Object.values(given)[0];
}
