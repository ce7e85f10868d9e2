/** The programs of iptables and ip6tables, whichever backend they stand for. */
import { messageOf, systemError, unavailable } from "../../errors/errors.ts";
import { inNetns } from "../../linux/netns.ts";
import type { Family } from "../address/ip.ts";
import { parseSaved, type Saved } from "./rule.ts";

const program = (family: Family, does: "save" | "restore"): string =>
  `${family === 4 ? "iptables" : "ip6tables"}-${does}`;

/** Carries out a script for iptables-restore as one transaction a table. Errors: system, with what iptables said. */
export async function restore(script: string, family: Family = 4): Promise<void> {
  await run([program(family, "restore"), "--noflush", "-w"], script);
}

/** As restore(), inside of a network namespace. */
export async function restoreIn(netnsPath: string, script: string): Promise<void> {
  await run([program(4, "restore"), "--noflush", "-w"], script, (start) => inNetns(netnsPath, start));
}

/** Everything that the kernel has now. */
export async function save(family: Family = 4): Promise<Saved> {
  return parseSaved(await saveText(family));
}

/** The same as iptables-save prints it. */
export const saveText = (family: Family = 4): Promise<string> => run([program(family, "save")], "");

/** Processes of ours that have changed rules lately. */
const changers = new Set<number>();
const REMEMBERED = 64;

/** True for a process that this engine has started to change rules. */
export const isOwnChange = (pid: number): boolean => changers.has(pid);

function remember(pid: number): void {
  changers.add(pid);
  const [oldest] = changers;
  if (changers.size > REMEMBERED && oldest !== undefined) changers.delete(oldest);
}

type Child = Bun.Subprocess<Blob, "pipe", "pipe">;

async function run(
  command: string[],
  input: string,
  where: (start: () => Child) => Child = (start) => start(),
): Promise<string> {
  const start = (): Child =>
    Bun.spawn(command, {
      stdin: new Blob([input]),
      stdout: "pipe",
      stderr: "pipe",
      env: { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` },
    });
  let child: Child;
  try {
    child = where(start);
  } catch (cause) {
    throw unavailable(
      `cannot run ${command[0]}: ${messageOf(cause)}; install iptables or start dockerd with --${command[0]?.split("-")[0]}=false`,
      { cause },
    );
  }
  remember(child.pid);
  const [output, complaint, code] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  if (code !== 0) throw systemError(`${command.join(" ")} failed: ${complaint.trim()} (exit status ${code})`);
  return output;
}
