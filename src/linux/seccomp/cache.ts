/** Compiled seccomp profiles, kept on disk: containers share few profiles, and compiling one takes milliseconds. */
import type { LinuxSeccomp } from "../../oci/runtime-spec.ts";
import { makeFolder, readSmallFileBytes, replaceSmallFile } from "../fd.ts";

/** Part of the key: raise it when the compiler makes other programs from the same profile. */
const COMPILER = "1";

/** What the compiled form of a profile is kept by: its rules. `text` is the whole profile as JSON. */
export function seccompDigest(profile: LinuxSeccomp, text: string): string {
  const { listenerPath, listenerMetadata, flags, ...rules } = profile;
  const plain = listenerPath === undefined && listenerMetadata === undefined && flags === undefined;
  const key = plain ? text : JSON.stringify(rules);
  return new Bun.CryptoHasher("sha256").update(COMPILER).update(key).digest("hex");
}

/**
 * The program for a profile: from `folder`, which only root may write to, or compiled and put there. `digest` is that of
 * seccompDigest(); the profile itself is mostly not needed.
 */
export async function cachedSeccomp(
  profile: () => LinuxSeccomp,
  folder: string,
  digest: string,
): Promise<Uint8Array> {
  const path = `${folder}/seccomp-${digest}`;
  try {
    const program = readSmallFileBytes(path);
    if (program.length > 0 && program.length % 8 === 0) return program;
  } catch {
    // Not there yet.
  }
  const { compileSeccomp } = await import("./compile.ts");
  const program = compileSeccomp(profile());
  makeFolder(folder, 0o700);
  replaceSmallFile(path, program, 0o600, { sync: false });
  return program;
}
