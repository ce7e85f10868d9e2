export const SNAPSHOTTER = {
  snapshotter: { kind: "string", help: "The snapshotter", value: "NAME", fallback: "overlayfs" },
} as const;
export const snapshotterOf = (flags: { snapshotter?: string }) =>
  flags.snapshotter ?? SNAPSHOTTER.snapshotter.fallback;
