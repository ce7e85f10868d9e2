/** Loads the default profile into the kernel, as stock does: unless it is there, for whoever put it there meant it. */
import { existsSync, readFileSync } from "node:fs";
import { systemError } from "../../errors/errors.ts";
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
  const text = defaultProfile({
    tunables: existsSync(`${FOLDER}/tunables/global`),
    abstractions: existsSync(`${FOLDER}/abstractions/base`),
    daemon:
      readOrNothing("/proc/self/attr/current")
        .trim()
        .replace(/ \(\w+\)$/, "") || "unconfined",
  });
  // -K: no cache of it is kept, because the text may be another one with the next dockerd.
  const parser = Bun.which("apparmor_parser");
  const child = parser
    ? Bun.spawnSync([parser, "-Kr"], { stdin: Buffer.from(text), stderr: "pipe" })
    : undefined;
  if (child?.exitCode === 0) return;
  const why = child
    ? child.stderr.toString().trim()
    : 'exec: "apparmor_parser": executable file not found in $PATH';
  throw systemError(
    `AppArmor enabled on system but the ${DEFAULT_PROFILE} profile could not be loaded: running \`apparmor_parser -Kr\` failed: ${why}`,
  );
}
