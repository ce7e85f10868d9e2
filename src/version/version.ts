/** What the build stamped into this executable; "dev" values when run from source. */
export const VERSION: string = process.env.PEQUOD_VERSION ?? "dev";
export const GIT_COMMIT: string = process.env.PEQUOD_COMMIT ?? "unknown";
/** RFC 3339, seconds, UTC: the commit's own date, or SOURCE_DATE_EPOCH, so that builds can be repeated. */
export const BUILD_TIME: string = process.env.PEQUOD_BUILD_TIME ?? "1970-01-01T00:00:00Z";
export const BUN_VERSION: string = Bun.version;

export const API_VERSION = "1.50";
export const MIN_API_VERSION = "1.24";

/** The line every program prints for --version. */
export function versionLine(program: string): string {
  return `${program} version ${VERSION}, build ${GIT_COMMIT}`;
}
