import { readTlsFile } from "../api/client/dial.ts";
import { DEFAULT_HOST, type Endpoint, parseEndpoint, type TlsOptions } from "../api/client/endpoint.ts";
import { invalidArgument, notFound } from "../errors/errors.ts";
import { type ConfigFile, configFolder } from "./config/file.ts";
import type { GlobalFlags } from "./global.ts";

/**
 * Which engine to talk to: --context, then -H, then DOCKER_HOST, then DOCKER_CONTEXT, then the context of the
 * configuration, then the default socket. Errors: invalidArgument.
 */
export function resolveEndpoint(global: GlobalFlags, config: ConfigFile): Endpoint {
  const hosts = global.host;
  if (hosts.length > 1) throw invalidArgument("Specify only one -H");
  if (global.context && hosts.length > 0)
    throw invalidArgument("conflicting options: cannot specify both --host and --context");
  const host = hosts[0] ?? (global.context ? undefined : process.env["DOCKER_HOST"] || undefined);
  if (host !== undefined) return parseEndpoint(host, tlsFromFlags(global));
  const context = contextName(global, config);
  if (context !== "default") return contextEndpoint(configFolder(global.config), context);
  return parseEndpoint(DEFAULT_HOST, tlsFromFlags(global));
}

/** The name of the context in force: "default" when none was chosen, or a host overrides it. */
export function contextName(global: GlobalFlags, config: ConfigFile): string {
  if (global.context) return global.context;
  if (global.host.length > 0 || process.env["DOCKER_HOST"]) return "default";
  return process.env["DOCKER_CONTEXT"] || config.currentContext || "default";
}

function tlsFromFlags(global: GlobalFlags): TlsOptions | undefined {
  const verify = global.tlsverify || Boolean(process.env["DOCKER_TLS_VERIFY"]);
  if (!verify && !global.tls && !process.env["DOCKER_TLS"]) return undefined;
  const folder = process.env["DOCKER_CERT_PATH"] || configFolder(global.config);
  return {
    verify,
    ...pem("ca", global.tlscacert ?? `${folder}/ca.pem`, ""),
    ...pem("cert", global.tlscert, `${folder}/cert.pem`),
    ...pem("key", global.tlskey, `${folder}/key.pem`),
  };
}

function pem(name: "ca" | "cert" | "key", given: string | undefined, usual: string): Partial<TlsOptions> {
  const text = readTlsFile(given ?? usual);
  if (text === undefined && given !== undefined)
    throw invalidArgument(`open ${given}: no such file or directory`);
  return text === undefined ? {} : { [name]: text };
}

function contextEndpoint(folder: string, name: string): Endpoint {
  const id = new Bun.CryptoHasher("sha256").update(name).digest("hex");
  const meta = readTlsFile(`${folder}/contexts/meta/${id}/meta.json`);
  if (meta === undefined)
    throw notFound(
      `context ${JSON.stringify(name)}: context not found: open ${folder}/contexts/meta/${id}/meta.json: no such file or directory`,
    );
  const parsed = JSON.parse(meta) as { Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } } };
  const docker = parsed.Endpoints?.docker;
  const tls = `${folder}/contexts/tls/${id}/docker`;
  const files = {
    ...pem("ca", undefined, `${tls}/ca.pem`),
    ...pem("cert", undefined, `${tls}/cert.pem`),
    ...pem("key", undefined, `${tls}/key.pem`),
  };
  const secure = Object.keys(files).length > 0 || docker?.SkipTLSVerify === true;
  return parseEndpoint(
    docker?.Host || DEFAULT_HOST,
    secure ? { verify: docker?.SkipTLSVerify !== true, ...files } : undefined,
  );
}
