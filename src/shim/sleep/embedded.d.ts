/** The sleeper, embedded by the bundler: its path inside the executable, or in the build folder when run from source. */
declare module "*/.build/sleeper" {
  const path: string;
  export default path;
}
