import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dataLoss, failedPrecondition, messageOf } from "../../errors/errors.ts";
import { writeAtomic } from "../../files/atomic.ts";

/**
 * How far a migration has come, in <root>/migrate.json. "copy" fills the new driver and touches nothing else;
 * "switch" makes the containers the new driver's; "remove" takes the old copy away. A killed migration goes on in the
 * phase where it was; before "switch" it can be given up by removing what it made.
 */
export interface MigrationRecord {
  from: string;
  to: string;
  phase: "copy" | "switch" | "remove";
  /** Containers whose layer has been copied and verified. */
  containers: string[];
}

const MIGRATION_FILE = "migrate.json";

/** Errors: dataLoss. */
export function readMigration(root: string): MigrationRecord | undefined {
  const path = join(root, MIGRATION_FILE);
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as MigrationRecord;
  } catch (cause) {
    throw dataLoss(`${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** Errors: failedPrecondition while a migration is not finished. */
export function refuseUnfinishedMigration(root: string): void {
  const pending = readMigration(root);
  if (!pending) return;
  const { from, to } = pending;
  throw failedPrecondition(
    `a migration of ${root} from ${from} to ${to} was interrupted: finish it with \`dockerd migrate --from ${from} --to ${to} -g ${root}\``,
  );
}

/** Notes how far a migration has come. */
export function writeMigration(root: string, record: MigrationRecord): void {
  writeAtomic(join(root, MIGRATION_FILE), JSON.stringify(record));
}

/** Forgets the migration, which is done. */
export function endMigration(root: string): void {
  rmSync(join(root, MIGRATION_FILE), { force: true });
}
