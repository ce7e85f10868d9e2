import { dieWithParent } from "../src/linux/prctl.ts";
import { runCli } from "../src/runtime/cli.ts";
import { ENDS_WITH } from "../src/version/same-build.ts";

export async function main(args: string[]): Promise<void> {
  endWithShim();
  process.exit(await runCli(args));
}

/** Where a shim asks for it; one that has died before the kernel knew counts too. */
function endWithShim(): void {
  const shim = process.env[ENDS_WITH];
  if (shim === undefined) return;
  dieWithParent();
  if (process.ppid !== Number(shim)) process.exit(1);
}
