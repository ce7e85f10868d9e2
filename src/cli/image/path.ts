/** "/images/NAME" and what follows; the slashes of names stay, as the engine takes them. */
export function imagePath(name: string, rest = ""): string {
  return `/images/${encodeURIComponent(name).replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%40", "@")}${rest}`;
}
