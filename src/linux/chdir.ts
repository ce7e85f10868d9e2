/** Runs a function with another working folder. It must not wait for anything: the folder is the whole process's. */
export function inFolder<T>(path: string, use: () => T): T {
  const before = process.cwd();
  process.chdir(path);
  try {
    return use();
  } finally {
    process.chdir(before);
  }
}
