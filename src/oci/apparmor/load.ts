/** Loads the default profile into the kernel, as stock does: unless it is there, for whoever put it there meant it. */
import { existsSync, readFileSync } from "node:fs";
import { notFound, systemError } from "../../errors/errors.ts";
import { DEFAULT_PROFILE, defaultProfile } from "./profile.ts";

const LOADED = "/sys/kernel/security/apparmor/profiles";
const FOLDER = "/etc/apparmor.d";

let enabled: boolean | undefined;

/** True if the kernel has AppArmor switched on. */
export function hasAppArmor(): boolean {
  enabled ??= readOrNothing("/sys/module/apparmor/parameters/enabled").startsWith("Y");
  return enabled;
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const isProfileLoaded = (name: string): boolean =>
  readOrNothing(LOADED)
    .split("\n")
    .some((line) => line.startsWith(`${name} (`));

/** Sees to it that the default profile is loaded. Errors: system, with stock's text. */
export function ensureDefaultProfile(): void {
  if (isProfileLoaded(DEFAULT_PROFILE)) return;
  const why = loadProfile(DEFAULT_PROFILE);
  if (why === undefined) return;
  throw systemError(
    `AppArmor enabled on system but the ${DEFAULT_PROFILE} profile could not be loaded: running \`apparmor_parser -Kr\` failed: ${why}`,
  );
}

/** Loads Docker's default profile under a name; returns why that failed, or undefined. */
export function loadProfile(name: string): string | undefined {
  const text = defaultProfile({
    name,
    tunables: existsSync(`${FOLDER}/tunables/global`),
    abstractions: existsSync(`${FOLDER}/abstractions/base`),
    daemon:
      readOrNothing("/proc/self/attr/current")
        .trim()
        .replace(/ \(\w+\)$/, "") || "unconfined",
  });
  const parser = Bun.which("apparmor_parser");
  if (!parser) return 'exec: "apparmor_parser": executable file not found in $PATH';
  // -K: no cache of it is kept, because the text may be another one with the next dockerd.
  const child = Bun.spawnSync([parser, "-Kr"], { stdin: Buffer.from(text), stderr: "pipe" });
  return child.exitCode === 0 ? undefined : child.stderr.toString().trim() || `exit status ${child.exitCode}`;
}

/** Sees to it that the default profile is loaded under a name. Errors: notFound without AppArmor, system; in ctr's words. */
export function ensureProfile(name: string): void {
  if (!existsSync(LOADED)) throw notFound(`open ${LOADED}: no such file or directory`);
  if (isProfileLoaded(name)) return;
  const why = loadProfile(name);
  if (why !== undefined) throw systemError(`load apparmor profile ${name}: ${why}`);
}
