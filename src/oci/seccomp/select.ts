import { readFileSync } from "node:fs";
import { invalidArgument, messageOf } from "../../errors/errors.ts";
import type { LinuxSeccomp } from "../runtime-spec.ts";
import { defaultProfile } from "./default-profile.ts";
import { circumstancesOf, parseProfile, resolveProfile, type SeccompProfile } from "./profile.ts";

/** Resolved profiles by profile and capabilities: most containers have the same ones. */
const resolved = new Map<string, LinuxSeccomp>();
const KEPT = 32;

/**
 * linux.seccomp for a container; undefined for unconfined. `chosen` is what --security-opt seccomp= says (moby keeps
 * it as SeccompProfile: "" for the default, "unconfined", or the profile's JSON); `fallback` the daemon's default
 * (a path, "unconfined", "builtin" or undefined).
 */
export function seccompFor(
  chosen: string,
  fallback: string | undefined,
  capabilities: readonly string[],
): LinuxSeccomp | undefined {
  const source = chosen || fallback || "builtin";
  if (source === "unconfined") return undefined;
  const key = `${source}\0${capabilities.join(",")}`;
  const known = resolved.get(key);
  if (known) return known;
  const profile = load(source, chosen !== "");
  const seccomp = resolveProfile(profile, circumstancesOf(capabilities));
  if (resolved.size >= KEPT) resolved.clear();
  resolved.set(key, seccomp);
  return seccomp;
}

function load(source: string, isText: boolean): SeccompProfile {
  if (source === "builtin" || source === "default") return defaultProfile();
  if (isText) return parseProfile(source);
  try {
    return parseProfile(readFileSync(source, "utf8"));
  } catch (cause) {
    throw invalidArgument(`opening seccomp profile (${source}) failed: ${messageOf(cause)}`, { cause });
  }
}
