import type { EngineConfig } from "./config.ts";

interface Reloadable {
  field: keyof EngineConfig;
  /** In daemon.json, and in the event "daemon reload". */
  key: string;
  /** Set back to the default when the file does not name it; else what was set before stays. */
  resets?: boolean;
  /** Not in the event. */
  silent?: boolean;
}

/** What SIGHUP changes in a running daemon, as stock, and proxies; anything else needs a restart. */
const RELOADABLE: readonly Reloadable[] = [
  { field: "debug", key: "debug" },
  { field: "logLevel", key: "debug", silent: true },
  { field: "labels", key: "labels" },
  { field: "nondistributableArtifacts", key: "allow-nondistributable-artifacts" },
  { field: "insecureRegistries", key: "insecure-registries" },
  { field: "registryMirrors", key: "registry-mirrors" },
  { field: "registryMirrorsByHost", key: "registry-mirrors", silent: true },
  { field: "maxConcurrentDownloads", key: "max-concurrent-downloads", resets: true },
  { field: "maxConcurrentUploads", key: "max-concurrent-uploads", resets: true },
  { field: "maxDownloadAttempts", key: "max-download-attempts", resets: true },
  { field: "runtimes", key: "runtimes" },
  { field: "defaultRuntime", key: "default-runtime" },
  { field: "liveRestore", key: "live-restore" },
  { field: "shutdownTimeout", key: "shutdown-timeout" },
  { field: "defaultShmSize", key: "default-shm-size" },
  { field: "defaultIpcMode", key: "default-ipc-mode" },
  { field: "defaultCgroupnsMode", key: "default-cgroupns-mode" },
  { field: "features", key: "features", resets: true },
  { field: "authorizationPlugins", key: "authorization-plugins", resets: true, silent: true },
  { field: "httpProxy", key: "proxies", resets: true, silent: true },
  { field: "httpsProxy", key: "proxies", resets: true, silent: true },
  { field: "noProxy", key: "proxies", resets: true, silent: true },
];

/** The configuration that there will be, with all else as it is. */
export function reloaded(live: EngineConfig, next: EngineConfig): EngineConfig {
  const taken = RELOADABLE.filter(({ key, resets }) => resets || next.inFile.includes(key));
  return { ...live, ...Object.fromEntries(taken.map(({ field }) => [field, next[field]])) };
}

/** Takes over what may change without a restart; `live` is what the whole daemon looks at. Returns what changed. */
export function applyReload(live: EngineConfig, next: EngineConfig): string[] {
  const target = reloaded(live, next);
  const changed = RELOADABLE.filter(
    ({ field }) => JSON.stringify(live[field]) !== JSON.stringify(target[field]),
  ).map(({ field }) => field);
  Object.assign(live, target);
  return changed;
}

/** The settings now, for the event. */
export function reloadAttributes(
  config: EngineConfig,
  runtimes: Record<string, string>,
): Record<string, string> {
  const shown = RELOADABLE.filter(({ silent }) => !silent).map(({ field, key }) => [
    key,
    shownAs(config[field]),
  ]);
  const all = Object.entries(runtimes).map(([name, path]) => `${name}:${path}`);
  return { ...Object.fromEntries(shown), runtimes: all.join(" ") };
}

/** Lists as JSON, maps as Go prints them. */
function shownAs(value: unknown): string {
  if (Array.isArray(value)) return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  const pairs = Object.entries(value).map(([name, item]) => `${name}:${item}`);
  return `map[${pairs.sort().join(" ")}]`;
}
