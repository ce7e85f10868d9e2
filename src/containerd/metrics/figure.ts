/** One figure of a container. */
export interface Figure {
  /** Without "container_". */
  name: string;
  /** Undefined for what the kernel does not tell. */
  value: bigint | undefined;
  labels?: Record<string, string>;
}

/** "fileMapped" → "file_mapped". */
export const snakeCase = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
