import { isIP } from "node:net";
import { ipInNet } from "./insecure.ts";

/** Proxies for requests to registries; URLs, and NO_PROXY's list of hosts that are asked directly. */
export interface ProxySettings {
  http?: string;
  https?: string;
  no?: string;
}

/**
 * Takes the proxy settings out of an environment (upper case wins over lower case, as in stock). They are
 * *removed* from it, because Bun's fetch would otherwise apply them again, with rules of its own.
 */
export function takeProxySettings(env: Record<string, string | undefined>): ProxySettings {
  const take = (name: string): string | undefined => {
    const value = env[name] || env[name.toLowerCase()];
    delete env[name];
    delete env[name.toLowerCase()];
    return value || undefined;
  };
  const [http, https, no] = [take("HTTP_PROXY"), take("HTTPS_PROXY"), take("NO_PROXY")];
  return { ...(http ? { http } : {}), ...(https ? { https } : {}), ...(no ? { no } : {}) };
}

function matches(rule: string, host: string, port: string): boolean {
  if (rule === "*") return true;
  const withPort = /^(.*[^:]):(\d+)$/.exec(rule);
  if (withPort && withPort[2] !== port) return false;
  const name = (withPort?.[1] ?? rule).replace(/^\[|\]$/g, "");
  if (isIP(host)) return name.includes("/") ? ipInNet(host, name) : name === host;
  if (name.startsWith("*.")) return host.endsWith(name.slice(1));
  if (name.startsWith(".")) return host.endsWith(name);
  return host === name || host.endsWith(`.${name}`);
}

/** The proxy for a URL, if one is to be used: never for loopback, nor for what NO_PROXY names. */
export function proxyFor(url: URL, settings: ProxySettings): string | undefined {
  const proxy = url.protocol === "https:" ? settings.https : settings.http;
  if (!proxy) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  if (host === "localhost" || ipInNet(host, "127.0.0.0/8") || host === "::1") return undefined;
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const rules = (settings.no ?? "").toLowerCase().split(",");
  if (rules.some((rule) => rule.trim() !== "" && matches(rule.trim(), host, port))) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/** A proxy URL fit for show: with name and password blotted out. */
export function maskProxy(url: string): string {
  return url.replace(/^([a-z0-9+.-]+:\/\/)?.*@/i, "$1xxxxx:xxxxx@");
}
