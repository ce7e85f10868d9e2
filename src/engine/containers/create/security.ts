import type { HostConfig } from "../../../api/schema.ts";
import { invalidArgument } from "../../../errors/errors.ts";
import { ensureDefaultProfile, hasAppArmor } from "../../../oci/apparmor/load.ts";
import { DEFAULT_PROFILE } from "../../../oci/apparmor/profile.ts";
import { parseProfile } from "../../../oci/seccomp/profile.ts";

export interface SecurityOptions {
  /** "" for the daemon's default, "unconfined", or a profile's JSON. */
  seccompProfile: string;
  appArmorProfile: string;
  noNewPrivileges: boolean;
}

/** Reads --security-opt; label= is accepted and without effect, as on any host without SELinux. Errors: invalidArgument. */
export function securityOptions(host: HostConfig, noNewPrivileges: boolean): SecurityOptions {
  const options: SecurityOptions = {
    seccompProfile: host.Privileged ? "unconfined" : "",
    appArmorProfile: host.Privileged ? "unconfined" : "",
    noNewPrivileges,
  };
  for (const text of host.SecurityOpt ?? []) apply(options, text);
  if (hasAppArmor()) options.appArmorProfile ||= DEFAULT_PROFILE;
  return options;
}

function apply(options: SecurityOptions, text: string): void {
  if (text === "no-new-privileges") {
    options.noNewPrivileges = true;
    return;
  }
  if (text === "disable") return;
  const at = text.includes("=") ? text.indexOf("=") : text.indexOf(":");
  if (at < 0) throw invalidArgument(`invalid --security-opt 1: ${JSON.stringify(text)}`);
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  switch (name) {
    case "label":
    case "writable-cgroups":
      return;
    case "apparmor":
      options.appArmorProfile = value;
      return;
    case "seccomp":
      options.seccompProfile = seccompOption(value);
      return;
    case "no-new-privileges":
      if (value !== "true" && value !== "false") {
        throw invalidArgument(`invalid --security-opt 2: ${JSON.stringify(text)}`);
      }
      options.noNewPrivileges = value === "true";
      return;
    default:
      throw invalidArgument(`invalid --security-opt 2: ${JSON.stringify(text)}`);
  }
}

/**
 * What a container that shares the host's or another's namespaces has besides, as stock notes it: no label of its own,
 * unless the request says something of labels itself.
 */
export function impliedOptions(host: HostConfig): string[] {
  const given = host.SecurityOpt ?? [];
  if (given.some((text) => /^label[=:]/.test(text))) return [];
  return host.Privileged || host.IpcMode === "host" || host.PidMode === "host" ? ["label=disable"] : [];
}

function seccompOption(value: string): string {
  if (value === "unconfined" || value === "builtin") return value;
  parseProfile(value);
  return value;
}

/**
 * The profile for the specification: the one asked for, or Docker's, which is loaded if it is not; "" for none.
 * Errors: system, when it cannot be loaded.
 */
export function appArmorFor(chosen: string): string {
  if (!hasAppArmor()) return "";
  const profile = chosen || DEFAULT_PROFILE;
  if (profile === DEFAULT_PROFILE) ensureDefaultProfile();
  return profile;
}
