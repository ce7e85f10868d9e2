const ALL = "ALL";

function normalized(names: readonly string[]): Set<string> {
  const full = names.map((name) => {
    const upper = name.trim().toUpperCase();
    return upper === ALL || upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  });
  return new Set(full.includes(ALL) ? [ALL] : full);
}

/** Capabilities to add and to drop, in their full names, sorted; what is added is not dropped. */
export function effectiveCapabilities(
  add: readonly string[],
  drop: readonly string[],
): { CapAdd: string[]; CapDrop: string[] } {
  const added = normalized(add);
  const dropped = [...normalized(drop)].filter((name) => !added.has(name));
  return { CapAdd: [...added].sort(), CapDrop: dropped.sort() };
}
