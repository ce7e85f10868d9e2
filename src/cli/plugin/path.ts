/** "/plugins/NAME" and what follows; names have slashes. */
export const pluginPath = (name: string, rest = ""): string =>
  `/plugins/${encodeURIComponent(name).replaceAll("%2F", "/").replaceAll("%3A", ":")}${rest}`;
