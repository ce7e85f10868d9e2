const SYSTEMS = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos".split(
    " ",
  ),
);
const ARCHITECTURES = new Set(
  "386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm".split(
    " ",
  ),
);
const ALIASES: Record<string, string> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  armhf: "arm",
  armel: "arm/v6",
  i386: "386",
};

/** A platform as the engine's queries have it. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** Reads OS[/ARCH[/VARIANT]] or an architecture. Errors: in the words of containerd's platforms. */
export function readPlatform(text: string): Platform {
  const parts = text.split("/");
  checkComponents(text, parts);
  const [first = "", second, third, ...more] = parts;
  if (more.length > 0)
    throw new Error(`${JSON.stringify(text)}: cannot parse platform specifier: invalid argument`);
  if (second !== undefined) return normal(first.toLowerCase(), second, third);
  const os = first.toLowerCase() === "macos" ? "darwin" : first.toLowerCase();
  if (SYSTEMS.has(os)) return normal(os, process.arch === "x64" ? "amd64" : process.arch, undefined);
  const single = normal("linux", first, undefined);
  if (ARCHITECTURES.has(single.architecture)) return single;
  throw new Error(`${JSON.stringify(text)}: unknown operating system or architecture: invalid argument`);
}

function checkComponents(text: string, parts: string[]): void {
  parts.forEach((part, i) => {
    if (i === 0 ? /^[A-Za-z0-9_.-]+(\([A-Za-z0-9_.-]*\))?$/.test(part) : /^[A-Za-z0-9_.-]+$/.test(part))
      return;
    const [component, pattern] =
      i === 0
        ? ["OS component", '"^([A-Za-z0-9_-]+)(?:\\\\(([A-Za-z0-9_.-]*)\\\\))?$"']
        : ["component", '"^[A-Za-z0-9_.-]+$"'];
    throw new Error(
      `${JSON.stringify(part)} is an invalid ${component} of ${JSON.stringify(text)}: ${i === 0 ? "OSAndVersion" : "platform"} specifier component must match ${pattern}: invalid argument`,
    );
  });
}

function normal(os: string, arch: string, given: string | undefined): Platform {
  const [architecture = "", implied] = (ALIASES[arch.toLowerCase()] ?? arch.toLowerCase()).split("/");
  const wanted = given?.toLowerCase() ?? implied;
  // The usual variants go without saying.
  const usual = architecture === "arm64" && (wanted === "8" || wanted === "v8");
  const variant = architecture === "arm" && wanted === undefined ? "v7" : usual ? undefined : wanted;
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** The platform as the JSON that queries carry. `prefix` goes before the error. */
export function platformOption(text: string, prefix = ""): string {
  try {
    return JSON.stringify(readPlatform(text));
  } catch (error) {
    throw new Error(prefix + (error as Error).message);
  }
}
