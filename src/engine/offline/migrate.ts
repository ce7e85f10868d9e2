import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { invalidArgument, notFound } from "../../errors/errors.ts";
import { flagHelp, parseFlags } from "../../flags/flags.ts";
import { migrate } from "../../images/migrate/migrate.ts";
import { claimDataRoot, requireRoot } from "../startup/checks.ts";

const FLAGS = {
  from: { kind: "string", help: "Storage driver that the data root is on", value: "driver" },
  to: { kind: "string", help: "Storage driver that it shall be on", value: "driver" },
  "data-root": { kind: "string", short: "g", help: "The data root", fallback: '"/var/lib/docker"' },
  keep: { kind: "bool", help: "Keep the old copy under another name" },
  "storage-opt": { kind: "list", help: "Options of the storage drivers" },
  help: { kind: "bool", short: "h", help: "Print usage" },
} as const;

const USAGE = `
Usage:  dockerd migrate --from DRIVER --to DRIVER [OPTIONS]

Bring images and containers of a data root to another storage driver. dockerd must not run.
Each layer is checked against its digest before the old copy is touched; a run that is
interrupted goes on when it is started again.

Options:
`;

/** Gives the exit code. Errors: those of migrate(); invalidArgument. */
export async function migrateCommand(args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  if (values.help) {
    process.stdout.write(USAGE + flagHelp(FLAGS));
    return 0;
  }
  const { from, to, keep = false } = values;
  if (!from || !to || rest.length > 0)
    throw invalidArgument("want --from DRIVER and --to DRIVER, and no other arguments");
  requireRoot();
  const root = resolve(values["data-root"] ?? "/var/lib/docker");
  if (!existsSync(root)) throw notFound(`data root ${root}: no such folder`);
  const release = claimDataRoot(root);
  try {
    await migrate({
      root,
      from,
      to,
      keep,
      storageOpts: values["storage-opt"] ?? [],
      say: (line) => void process.stdout.write(`${line}\n`),
    });
    return 0;
  } finally {
    release();
  }
}
