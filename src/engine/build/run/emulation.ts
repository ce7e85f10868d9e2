/** Whether this machine can run commands of another platform: by itself, or by an emulator in binfmt_misc. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { invalidArgument } from "../../../errors/errors.ts";
import type { Platform } from "../../../images/registry/descriptor.ts";
import { formatPlatform, hostPlatform } from "../../../images/registry/platform.ts";

const BINFMT = "/proc/sys/fs/binfmt_misc";

/** e_machine of ELF files (elf.h), by Go's name of the architecture. */
const MACHINES: Record<string, number> = {
  "386": 3,
  ppc64le: 21,
  s390x: 22,
  arm: 40,
  amd64: 62,
  arm64: 183,
  riscv64: 243,
  loong64: 258,
};
const BIG_ENDIAN = ["s390x"];
/** What a processor runs beside its own. */
const ALSO: Record<string, readonly string[]> = { amd64: ["386"], arm64: ["arm"] };

/** Errors: invalidArgument, with what would help. */
export function requireRunnable(platform: Platform, folder = BINFMT): void {
  const host = hostPlatform();
  const { architecture } = platform;
  if (architecture === host.architecture || ALSO[host.architecture]?.includes(architecture)) return;
  if (hasEmulator(architecture, folder)) return;
  throw invalidArgument(
    `cannot run a command of platform ${formatPlatform(platform)} on ${host.os}/${host.architecture}: no emulator for ${architecture} is registered in ${folder}. ` +
      "Install one (Debian: qemu-user-static), or run it in a stage with FROM --platform=$BUILDPLATFORM and COPY --from it",
  );
}

/** An enabled entry whose magic is that of an ELF file for this machine. */
function hasEmulator(architecture: string, folder: string): boolean {
  const machine = MACHINES[architecture];
  if (machine === undefined || !existsSync(join(folder, "status"))) return false;
  if (readFileSync(join(folder, "status"), "utf8").trim() !== "enabled") return false;
  const wanted = Buffer.alloc(2);
  if (BIG_ENDIAN.includes(architecture)) wanted.writeUInt16BE(machine);
  else wanted.writeUInt16LE(machine);
  return readdirSync(folder).some((name) => {
    if (name === "status" || name === "register") return false;
    const text = readFileSync(join(folder, name), "utf8");
    const magic = Buffer.from(/^magic ([0-9a-f]+)$/m.exec(text)?.[1] ?? "", "hex");
    return text.startsWith("enabled") && magic.subarray(18, 20).equals(wanted);
  });
}
