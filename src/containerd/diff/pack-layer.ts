/**
 * The child process that writes a layer as a tar on its stdout, so that the daemon answers meanwhile:
 * `docker-containerd pack-layer RIGHT LEFT`; an empty LEFT stands for an empty folder.
 */
import { pack } from "../../archive/pack.ts";
import { invalidArgument, messageOf } from "../../errors/errors.ts";
import { compareTrees } from "../../storage/trees/compare.ts";
import { packChanges } from "../../storage/trees/pack-changes.ts";

async function run([right, left]: string[]): Promise<void> {
  if (right === undefined || right === "" || left === undefined)
    throw invalidArgument("pack-layer RIGHT LEFT");
  const tar = left === "" ? pack(right) : packChanges(right, compareTrees(right, left));
  const stdout = Bun.stdout.writer();
  for await (const chunk of tar) {
    stdout.write(chunk);
    await stdout.flush();
  }
  await stdout.end();
}

/** The child's main. Resolves to its exit code; an error is one line on stderr. */
export async function packLayerMain(args: string[]): Promise<number> {
  try {
    await run(args);
    return 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  }
}
