import type { EngineConfig } from "./config.ts";

/** What SIGHUP changes in a running daemon, as stock, and proxies; anything else needs a restart. */
const RELOADABLE = [
  "debug",
  "logLevel",
  "labels",
  "insecureRegistries",
  "registryMirrors",
  "registryMirrorsByHost",
  "maxConcurrentDownloads",
  "maxConcurrentUploads",
  "maxDownloadAttempts",
  "runtimes",
  "defaultRuntime",
  "liveRestore",
  "shutdownTimeout",
  "defaultShmSize",
  "defaultIpcMode",
  "authorizationPlugins",
  "httpProxy",
  "httpsProxy",
  "noProxy",
] as const satisfies readonly (keyof EngineConfig)[];

/** Names of the settings as stock puts them into the event "daemon reload". */
const EVENT_NAMES: Partial<Record<(typeof RELOADABLE)[number], string>> = {
  debug: "debug",
  labels: "labels",
  insecureRegistries: "insecure-registries",
  registryMirrors: "registry-mirrors",
  maxConcurrentDownloads: "max-concurrent-downloads",
  maxConcurrentUploads: "max-concurrent-uploads",
  maxDownloadAttempts: "max-download-attempts",
  runtimes: "runtimes",
  defaultRuntime: "default-runtime",
  liveRestore: "live-restore",
  shutdownTimeout: "shutdown-timeout",
  defaultShmSize: "default-shm-size",
  defaultIpcMode: "default-ipc-mode",
  authorizationPlugins: "authorization-plugins",
};

/** Takes over what may change without a restart; `live` is what the whole daemon looks at. Returns what changed. */
export function applyReload(live: EngineConfig, next: EngineConfig): string[] {
  const changed = RELOADABLE.filter((name) => JSON.stringify(live[name]) !== JSON.stringify(next[name]));
  for (const name of RELOADABLE) Object.assign(live, { [name]: next[name] });
  return changed;
}

/** The settings now, for the event. */
export function reloadAttributes(config: EngineConfig): Record<string, string> {
  const entries = RELOADABLE.flatMap((name) => {
    const key = EVENT_NAMES[name];
    const value = config[name];
    return key === undefined
      ? []
      : [[key, typeof value === "object" ? JSON.stringify(value) : String(value)] as const];
  });
  return Object.fromEntries(entries);
}
