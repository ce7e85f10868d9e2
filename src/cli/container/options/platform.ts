const ARCHITECTURES: Record<string, string> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  i386: "386",
  armhf: "arm/v7",
  armel: "arm/v6",
};

/** OS[/ARCH[/VARIANT]], or an architecture alone, in the normal form. Errors: for what is none. */
export function parsePlatform(text: string): string {
  const parts = text.toLowerCase().split("/");
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9_-]+(\([a-z0-9_.-]*\))?$/.test(part)))
    throw new Error(
      `error parsing specified platform: ${JSON.stringify(text)}: "${text}" is an invalid component of platform specifier`,
    );
  if (parts.length > 1)
    return parts.map((part, i) => (i === 1 ? (ARCHITECTURES[part] ?? part) : part)).join("/");
  const single = parts[0]!;
  return single === "linux" || single === "windows" ? single : `linux/${ARCHITECTURES[single] ?? single}`;
}
