/** The data root of a daemon that remaps ids: a folder of its own for each mapping, as stock has it. */
import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { failedPrecondition } from "../../errors/errors.ts";
import { hostRoot, type IDMap } from "../../linux/id-map.ts";

/** ROOT/UID.GID, named after the containers' root. */
export function remappedRoot(root: string, map: IDMap | undefined): string {
  const { uid, gid } = hostRoot(map);
  return join(root, `${uid}.${gid}`);
}

/**
 * Lets the containers' root pass through the data root, without seeing what else is there.
 * Errors: failedPrecondition for a folder above that nobody but its owner may pass.
 */
export function openToContainers(root: string, map: IDMap | undefined): void {
  const { gid } = hostRoot(map);
  for (const folder of [root, remappedRoot(root, map)]) {
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o710 });
    chownSync(folder, 0, gid);
    chmodSync(folder, 0o710);
  }
  for (let at = dirname(root); at !== "/"; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0)
      throw failedPrecondition(
        `a subdirectory in your graphroot path (${root}) restricts access to the remapped root uid/gid; please fix by allowing 'o+x' permissions on existing directories: ${at}`,
      );
  }
}
