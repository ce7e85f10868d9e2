import type { ConfigFile } from "../../config/file.ts";

const NAMES: Record<string, string> = {
  httpProxy: "HTTP_PROXY",
  httpsProxy: "HTTPS_PROXY",
  noProxy: "NO_PROXY",
  ftpProxy: "FTP_PROXY",
  allProxy: "ALL_PROXY",
};

/** The proxy variables that config.json gives to containers of this engine, in upper and lower case. */
export function proxiesFor(config: ConfigFile, host: string): Record<string, string> {
  const settings = config.proxies?.[host] ?? config.proxies?.["default"] ?? {};
  const variables: Record<string, string> = {};
  for (const [setting, name] of Object.entries(NAMES)) {
    const value = settings[setting];
    if (!value) continue;
    variables[name] = value;
    variables[name.toLowerCase()] = value;
  }
  return variables;
}
