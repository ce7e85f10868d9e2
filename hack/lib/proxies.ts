/** A proxy may be given in capitals or not; programs differ in which they look at (apt: small ones only). */
const NAMES = ["http_proxy", "https_proxy", "no_proxy"];

/** The environment's proxies, each under both names. */
export function proxySettings(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const name of NAMES) {
    const value = env[name] || env[name.toUpperCase()];
    if (value) Object.assign(settings, { [name]: value, [name.toUpperCase()]: value });
  }
  return settings;
}
