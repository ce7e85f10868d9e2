import { parseFlags } from "../../flags/flags.ts";
import { capabilityNames } from "../../linux/capabilities.ts";
import { NAMESPACE_TYPES } from "../../linux/namespaces.ts";
import { SECCOMP_ACTIONS, SECCOMP_OPERATORS } from "../../linux/seccomp/compile.ts";
import { SECCOMP_FLAGS, supportedSeccompFlags } from "../../linux/seccomp/flags.ts";
import { libraryVersion } from "../../linux/seccomp/libseccomp.ts";
import { GIT_COMMIT, VERSION } from "../../version/version.ts";
import { MEMORY_FLAGS, MEMORY_MODES } from "../compile/memory-policy.ts";
import { mountOptionNames } from "../compile/mount-options.ts";
import { knownCapabilities } from "../host.ts";
import { print } from "../print.ts";
import { noArguments } from "./arguments.ts";
import type { Context } from "./context.ts";

const ARCHITECTURES =
  "AARCH64 ARM MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE RISCV64 S390 S390X X32 X86 X86_64"
    .split(" ")
    .map((name) => `SCMP_ARCH_${name}`);

/** Nothing where it is not installed: then no profile can be compiled. */
function seccompVersion(): Record<string, string> {
  try {
    return { "io.github.seccomp.libseccomp.version": libraryVersion() };
  } catch {
    return {};
  }
}

/** The document of the runtime specification's features.md. */
function features() {
  return {
    ociVersionMin: "1.0.0",
    ociVersionMax: "1.3.0",
    hooks: ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
    mountOptions: mountOptionNames(),
    linux: {
      namespaces: [...NAMESPACE_TYPES].sort(),
      capabilities: capabilityNames(knownCapabilities()),
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
      seccomp: {
        enabled: true,
        actions: SECCOMP_ACTIONS,
        operators: SECCOMP_OPERATORS,
        archs: ARCHITECTURES,
        knownFlags: Object.keys(SECCOMP_FLAGS).sort(),
        supportedFlags: supportedSeccompFlags().sort(),
      },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      memoryPolicy: { modes: Object.keys(MEMORY_MODES).sort(), flags: Object.keys(MEMORY_FLAGS).sort() },
      netDevices: { enabled: true },
      intelRdt: { enabled: true, schemata: true, monitoring: true },
      mountExtensions: { idmap: { enabled: true } },
    },
    annotations: {
      ...seccompVersion(),
      "org.opencontainers.runc.checkpoint.enabled": "true",
      "org.opencontainers.runc.commit": GIT_COMMIT,
      "org.opencontainers.runc.version": VERSION,
    },
    // What an annotation of config.json can change here.
    potentiallyUnsafeConfigAnnotations: ["org.criu.config", "org.systemd.property."],
  };
}

export async function run(_: Context, args: string[]): Promise<number> {
  noArguments("features", parseFlags({}, args).rest);
  print(`${JSON.stringify(features(), null, 4)}\n`);
  return 0;
}
