/** Runs a command to its end and returns its stdout. Errors: its name with the last of what it printed. */
export function must(command: string[], cwd?: string): string {
  const child = Bun.spawnSync(command, { ...(cwd ? { cwd } : {}), stderr: "pipe" });
  if (child.exitCode === 0) return child.stdout.toString();
  const words = `${child.stdout}${child.stderr}`.trim().split("\n").slice(-10).join("\n");
  throw new Error(`${command.slice(0, 4).join(" ")} ended with exit code ${child.exitCode}\n${words}`);
}
