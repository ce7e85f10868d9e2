/** Registries as ctr's flags describe the way to them. */
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { invalidArgument } from "../../errors/errors.ts";
import { familiarReference, parseReference, withDefaultTag } from "../../images/reference.ts";
import { type Reached, RegistryClient } from "../../images/registry/client.ts";
import type { Credentials } from "../../images/registry/credentials.ts";
import { type HostsFile, readHostsFile } from "../../images/registry/hosts-file.ts";
import { InsecureRegistries } from "../../images/registry/insecure.ts";
import { takeProxySettings } from "../../images/registry/proxy.ts";
import { type TLSOptions, Transport } from "../../images/registry/transport.ts";
import type { UploadRepository } from "../../images/registry/upload.ts";
import { VERSION } from "../../version/version.ts";

/** Of every command that speaks with a registry. */
export const REGISTRY_FLAGS = {
  "skip-verify": { kind: "bool", short: "k", help: "Take any certificate" },
  "plain-http": { kind: "bool", help: "Speak http, not https" },
  user: { kind: "string", short: "u", help: "Who asks", value: "NAME:PASSWORD" },
  refresh: { kind: "string", help: "An OAuth2 refresh token, instead of a password", value: "TOKEN" },
  "hosts-dir": { kind: "string", help: "Folder of hosts.toml files", value: "FOLDER" },
  tlscacert: { kind: "string", help: "Trust this CA", value: "FILE" },
  tlscert: { kind: "string", help: "Certificate that the registry asks for", value: "FILE" },
  tlskey: { kind: "string", help: "Its key", value: "FILE" },
  "http-dump": { kind: "bool", help: "Show what is asked and answered, with all fields" },
  "http-trace": { kind: "bool", help: "Show what is asked and answered" },
} as const;

export interface RegistryFlags {
  "skip-verify"?: boolean;
  "plain-http"?: boolean;
  user?: string;
  refresh?: string;
  "hosts-dir"?: string;
  tlscacert?: string;
  tlscert?: string;
  tlskey?: string;
  "http-dump"?: boolean;
  "http-trace"?: boolean;
}

/** Fields that let who reads them in. */
const SECRET = ["authorization", "set-cookie"];

/** Tells on stderr what it asks and what is answered. */
class TellingTransport extends Transport {
  readonly #withFields: boolean;

  constructor(options: ConstructorParameters<typeof Transport>[0], withFields: boolean) {
    super(options);
    this.#withFields = withFields;
  }

  override async send(request: Parameters<Transport["send"]>[0]): ReturnType<Transport["send"]> {
    this.#tell(`> ${request.method} ${request.url}`, new Headers(request.headers));
    const answer = await super.send(request);
    this.#tell(`< ${answer.status}`, answer.headers);
    return answer;
  }

  #tell(line: string, headers: Headers): void {
    const fields = this.#withFields ? [...headers] : [];
    const shown = fields.map(([name, value]) => `  ${name}: ${SECRET.includes(name) ? "<hidden>" : value}`);
    process.stderr.write([line, ...shown, ""].join("\n"));
  }
}

/** A name in a registry, whole: "docker.io/library/busybox:latest". */
export interface RemoteName {
  domain: string;
  path: string;
  /** What to ask for: a tag or a digest. */
  object: string;
}

/** Names are whole here, as ctr wants them. Errors: invalidArgument. */
export function remoteName(text: string): RemoteName {
  const domain = /^([^/]*[.:][^/]*|localhost)\//.exec(text)?.[1];
  if (domain === undefined)
    throw invalidArgument(
      `${text}: want a whole name, such as docker.io/library/${familiarReference(parseReference(text))}`,
    );
  const { path, tag, digest } = withDefaultTag(parseReference(text));
  return { domain, path, object: digest ?? tag ?? "latest" };
}

function credentialsOf({ user, refresh }: RegistryFlags): Credentials {
  if (user === undefined) return refresh === undefined ? {} : { identityToken: refresh };
  const mark = user.indexOf(":");
  if (mark < 0) throw invalidArgument(`--user ${user}: give NAME:PASSWORD`);
  return { username: user.slice(0, mark), password: user.slice(mark + 1) };
}

function tlsOf(flags: RegistryFlags): TLSOptions {
  const read = (path: string) => readFileSync(path, "utf8");
  const { tlscacert, tlscert, tlskey } = flags;
  return {
    verify: flags["skip-verify"] !== true,
    ...(tlscacert === undefined ? {} : { ca: [read(tlscacert)] }),
    ...(tlscert === undefined || tlskey === undefined ? {} : { cert: read(tlscert), key: read(tlskey) }),
  };
}

/** What hosts.toml says, and where the registry itself is unless that says so too. */
async function hostsOf(domain: string, flags: RegistryFlags): Promise<HostsFile> {
  const folder = flags["hosts-dir"];
  const file = folder === undefined ? undefined : await readHostsFile(domain, folder);
  const found = file ?? { pull: [], push: [], server: undefined };
  const isLocal = await new InsecureRegistries().has(domain);
  const scheme = flags["plain-http"] || isLocal ? "http" : "https";
  const host = domain === "docker.io" ? "registry-1.docker.io" : domain;
  return { ...found, server: found.server ?? `${scheme}://${host}` };
}

/** Asks a repository, at the hosts that hosts.toml names and then at its own. */
export function reach<T>(
  { domain, path }: RemoteName,
  flags: RegistryFlags,
  purpose: "pull" | "push",
  use: (repository: UploadRepository) => Promise<T>,
): Promise<Reached<T>> {
  const proxies = takeProxySettings(process.env);
  const options = {
    userAgent: `docker-containerd-ctr/${VERSION} kernel/${release()}`,
    proxies: () => proxies,
  };
  const dump = flags["http-dump"] === true;
  const transport =
    dump || flags["http-trace"] ? new TellingTransport(options, dump) : new Transport(options);
  const { verify, ...tls } = tlsOf(flags);
  const settings = {
    mirrors: [],
    hostMirrors: {},
    insecure: new InsecureRegistries(verify ? [] : [domain]),
    tls: async () => tls,
    hosts: (name: string) => hostsOf(name, flags),
  };
  const client = new RegistryClient(transport, () => settings);
  const signal = new AbortController().signal;
  return client.reach({ domain, path, credentials: credentialsOf(flags), purpose, signal }, use);
}
