const NAMES: Record<string, string> = { x64: "amd64", ia32: "386", ppc64: "ppc64le" };

/** This machine's architecture as Go, and so every image, calls it: "amd64". */
export const goArchitecture = (): string => NAMES[process.arch] ?? process.arch;
