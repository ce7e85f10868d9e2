import { invalidArgument } from "../../errors/errors.ts";
import type { Descriptor, Platform } from "./descriptor.ts";

const ARCHITECTURES: Record<string, { architecture: string; variant?: string }> = {
  x86_64: { architecture: "amd64" },
  "x86-64": { architecture: "amd64" },
  i386: { architecture: "386" },
  aarch64: { architecture: "arm64" },
  armhf: { architecture: "arm", variant: "v7" },
  armel: { architecture: "arm", variant: "v6" },
};

const NODE_ARCHITECTURES: Record<string, Platform> = {
  x64: { os: "linux", architecture: "amd64" },
  arm64: { os: "linux", architecture: "arm64", variant: "v8" },
};

/** The platform that this engine runs. */
export function hostPlatform(): Platform {
  return NODE_ARCHITECTURES[process.arch] ?? { os: "linux", architecture: process.arch };
}

function normalize(platform: Platform): Platform {
  const { architecture, variant } = platform;
  const plain =
    (architecture === "arm64" && variant === "v8") ||
    (architecture === "amd64" && variant === "v1") ||
    (architecture === "arm" && variant === "v7");
  const { variant: _dropped, ...rest } = platform;
  return plain ? rest : platform;
}

/** Reads "linux/arm64/v8", "linux/amd64", "linux" or "arm64". Errors: invalidArgument. */
export function parsePlatform(text: string): Platform {
  const parts = text.toLowerCase().split("/");
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9_.-]+$/.test(part)))
    throw invalidArgument(
      `${JSON.stringify(text)} is an invalid platform: want os[/arch[/variant]], such as linux/arm64/v8`,
    );
  const host = hostPlatform();
  if (parts.length === 1) {
    const [only] = parts as [string];
    if (only === "linux" || only === "windows") return { ...host, os: only };
    return { os: host.os, ...(ARCHITECTURES[only] ?? { architecture: only }) };
  }
  const [os, arch, variant] = parts as [string, string, string | undefined];
  return { os, ...(ARCHITECTURES[arch] ?? { architecture: arch }), ...(variant ? { variant } : {}) };
}

/** "linux/amd64" or "linux/arm/v6". */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, platform.variant].filter(Boolean).join("/");
}

/** Variants that run on a machine of `wanted`'s, best first: an armv7 machine runs v7, v6 and v5. */
function acceptable(wanted: Platform): (string | undefined)[] {
  const { architecture, variant } = normalize(wanted);
  if (architecture === "arm") {
    const newest = Number((variant ?? "v7").slice(1));
    return [7, 6, 5].filter((n) => n <= newest).map((n) => (n === 7 ? undefined : `v${n}`));
  }
  if (architecture === "amd64" && variant) {
    const newest = Number(variant.slice(1));
    return [4, 3, 2, 1].filter((n) => n <= newest).map((n) => (n === 1 ? undefined : `v${n}`));
  }
  return variant ? [variant, undefined] : [undefined];
}

/** True if an image of platform `have` satisfies the wish for `wanted`. */
export function matchesPlatform(have: Platform, wanted: Platform): boolean {
  const image = normalize(have);
  return (
    image.os === wanted.os &&
    image.architecture === wanted.architecture &&
    acceptable(wanted).includes(image.variant)
  );
}

/** The best entry of an index for `wanted`; entries without a platform and attestations never match. */
export function choosePlatform(entries: Descriptor[], wanted: Platform): Descriptor | undefined {
  const same = entries.filter(
    (entry) => entry.platform?.os === wanted.os && entry.platform.architecture === wanted.architecture,
  );
  for (const variant of acceptable(wanted)) {
    const found = same.find((entry) => entry.platform && normalize(entry.platform).variant === variant);
    if (found) return found;
  }
  return undefined;
}
