import type { EngineConfig } from "../src/engine/config/config.ts";
import { DOCKERD_FLAGS, type DockerdFlags } from "../src/engine/config/flags.ts";
import { loadConfig } from "../src/engine/config/load.ts";
import { messageOf } from "../src/errors/errors.ts";
import { flagHelp, parseFlags } from "../src/flags/flags.ts";
import { versionLine } from "../src/version/version.ts";

const USAGE = `
Usage:  dockerd [OPTIONS]

A self-sufficient runtime for containers.

Commands (on a data root that no dockerd uses):
  migrate     Bring images and containers to another storage driver
  fsck        Check a data root, and repair it

Options:
`;

/** Work on a data root that no dockerd uses, and work that dockerd does in a process of its own. */
const OFFLINE: Record<string, (args: string[]) => Promise<number>> = {
  migrate: async (args) => (await import("../src/engine/offline/migrate.ts")).migrateCommand(args),
  fsck: async (args) => (await import("../src/engine/offline/fsck.ts")).fsckCommand(args),
  "unpack-layers": async () => (await import("../src/images/layers/unpack-child.ts")).unpackChild(),
};

export async function main(args: string[]): Promise<void> {
  const offline = Object.hasOwn(OFFLINE, args[0] ?? "") ? OFFLINE[args[0]!] : undefined;
  if (offline) return runOffline(`dockerd ${args[0]}`, offline, args.slice(1));
  try {
    await run(readFlags(args));
  } catch (error) {
    process.stderr.write(`failed to start daemon: ${messageOf(error)}\n`);
    process.exit(1);
  }
}

async function runOffline(
  name: string,
  command: (args: string[]) => Promise<number>,
  args: string[],
): Promise<void> {
  try {
    process.exitCode = await command(args);
  } catch (error) {
    process.stderr.write(`${name}: ${messageOf(error)}\n`);
    process.exitCode = 8;
  }
}

function readFlags(args: string[]): DockerdFlags {
  try {
    const { values, rest } = parseFlags(DOCKERD_FLAGS, args);
    if (rest.length > 0) throw new Error(`"dockerd" accepts no arguments: got ${rest.join(" ")}`);
    return values;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\nSee 'dockerd --help'.\n`);
    process.exit(1);
  }
}

/** As stock, a configuration that will not do is told by itself: nothing was started. */
function configured(flags: DockerdFlags): EngineConfig {
  try {
    return loadConfig(flags);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(1);
  }
}

async function run(flags: DockerdFlags): Promise<void> {
  if (flags.version) {
    process.stdout.write(`${versionLine("Docker")}\n`);
    return;
  }
  if (flags.help) {
    process.stdout.write(USAGE + flagHelp(DOCKERD_FLAGS));
    return;
  }
  const config = configured(flags);
  if (flags.validate) {
    process.stdout.write("configuration OK\n");
    return;
  }
  const { startEngine } = await import("../src/engine/start.ts");
  await startEngine(config, () => loadConfig(flags, "reload"));
}
