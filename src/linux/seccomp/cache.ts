/** Compiled seccomp profiles, kept on disk: containers share few profiles, and compiling one takes milliseconds. */
import type { LinuxSeccomp } from "../../oci/runtime-spec.ts";
import { makeFolder, readSmallFileBytes, replaceSmallFile } from "../fd.ts";

/** Part of the key: raise it when the compiler makes other programs from the same profile. */
const COMPILER = "1";

/** The program for a profile: from `folder`, which only root may write to, or compiled and put there. */
export async function cachedSeccomp(profile: LinuxSeccomp, folder: string): Promise<Uint8Array> {
  const { listenerPath: _path, listenerMetadata: _metadata, flags: _flags, ...rules } = profile;
  const digest = new Bun.CryptoHasher("sha256").update(COMPILER).update(JSON.stringify(rules)).digest("hex");
  const path = `${folder}/seccomp-${digest}`;
  try {
    const program = readSmallFileBytes(path);
    if (program.length > 0 && program.length % 8 === 0) return program;
  } catch {
    // Not there yet.
  }
  const { compileSeccomp } = await import("./compile.ts");
  const program = compileSeccomp(profile);
  makeFolder(folder, 0o700);
  replaceSmallFile(path, program, 0o600, { sync: false });
  return program;
}
