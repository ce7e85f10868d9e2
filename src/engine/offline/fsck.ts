import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { invalidArgument, notFound } from "../../errors/errors.ts";
import { flagHelp, parseFlags } from "../../flags/flags.ts";
import type { Finding } from "../../images/fsck/finding.ts";
import { fsck } from "../../images/fsck/run.ts";
import { checkNetworkStore } from "../../network/check-store.ts";
import { claimDataRoot, requireRoot } from "../startup/checks.ts";
import { checkVolumes } from "./check-volumes.ts";

const FLAGS = {
  "data-root": { kind: "string", short: "g", help: "The data root", fallback: '"/var/lib/docker"' },
  repair: { kind: "bool", help: "Repair what can be repaired" },
  "storage-opt": { kind: "list", help: "Options of the storage driver" },
  help: { kind: "bool", short: "h", help: "Print usage" },
} as const;

const USAGE = `
Usage:  dockerd fsck [OPTIONS]

Check every digest, name, link and record of a data root, also of volumes and networks. dockerd must not run.
Ends with 0 if all is right, 1 if all that was wrong has been repaired, 4 if something is wrong
still, and 8 if it could not be checked.

Options:
`;

/** Exit codes, as fsck(8) has them. */
const EXIT = { right: 0, repaired: 1, wrong: 4 } as const;

/** Gives the exit code. Errors: those of fsck(); invalidArgument. */
export async function fsckCommand(args: string[]): Promise<number> {
  const { values, rest } = parseFlags(FLAGS, args);
  if (values.help) {
    process.stdout.write(USAGE + flagHelp(FLAGS));
    return EXIT.right;
  }
  if (rest.length > 0) throw invalidArgument(`accepts no arguments: got ${rest.join(" ")}`);
  requireRoot();
  const root = resolve(values["data-root"] ?? "/var/lib/docker");
  if (!existsSync(root)) throw notFound(`data root ${root}: no such folder`);
  const release = claimDataRoot(root);
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  try {
    const { found, repaired } = await fsck({
      root,
      repair: values.repair ?? false,
      storageOpts: values["storage-opt"] ?? [],
      others: [
        ["volumes", () => checkVolumes(root)],
        ["networks", () => checkNetworks(root)],
      ],
      say,
    });
    say(found === 0 ? `${root}: all is right` : `${root}: ${found} found, ${repaired} repaired`);
    if (found === 0) return EXIT.right;
    return found === repaired ? EXIT.repaired : EXIT.wrong;
  } finally {
    release();
  }
}

async function* checkNetworks(root: string): AsyncGenerator<Finding> {
  yield* checkNetworkStore(join(root, "network"));
}
