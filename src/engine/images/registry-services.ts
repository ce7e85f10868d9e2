import { release } from "node:os";
import { join } from "node:path";
import { KEEP_UNFINISHED } from "../../images/open.ts";
import { CERTS_DIRECTORY, loadCerts } from "../../images/registry/certs.ts";
import { RegistryClient } from "../../images/registry/client.ts";
import { Downloads } from "../../images/registry/downloads.ts";
import type { RegistrySettings } from "../../images/registry/endpoint.ts";
import { readHostsFile } from "../../images/registry/hosts-file.ts";
import { InsecureRegistries } from "../../images/registry/insecure.ts";
import type { ProxySettings } from "../../images/registry/proxy.ts";
import { Puller } from "../../images/registry/pull.ts";
import { Pusher } from "../../images/registry/push.ts";
import { BlobRecordStore } from "../../images/registry/record-store.ts";
import { Transport } from "../../images/registry/transport.ts";
import type { Images } from "../../images/types.ts";
import { GIT_COMMIT, VERSION } from "../../version/version.ts";
import type { EngineConfig } from "../config/config.ts";

export interface RegistryServices {
  transport: Transport;
  client: RegistryClient;
  puller: Puller;
  pusher: Pusher;
  registrySettings(): RegistrySettings;
  /** As they are now. */
  proxies(): ProxySettings;
  /** Lines for `docker info` about which mirror served how much. */
  mirrorStatus(): [string, string][];
  /** Removes downloads that nobody has come back for. */
  sweep(): Promise<void>;
}

export interface RegistryServicesOptions {
  /** Asked anew each time, so that a reload takes effect. */
  config(): EngineConfig;
  images: Images;
  /** <data-root>/image/<driver>/distribution */
  distribution: string;
  /** Proxies of the environment, for what the configuration does not say; see takeProxySettings. */
  proxies: ProxySettings;
}

/** Builds the registry client and what works through it. Errors: invalidArgument for an insecure registry. */
export function createRegistryServices(options: RegistryServicesOptions): RegistryServices {
  const { config, images, distribution } = options;
  const records = new BlobRecordStore(distribution);
  const registrySettings = settingsReader(config);
  registrySettings();
  const transport = new Transport({
    userAgent: `docker/${VERSION} git-commit/${GIT_COMMIT} kernel/${release()} os/linux arch/${goArch()}`,
    proxies: () => proxiesOf(config(), options.proxies),
  });
  const client = new RegistryClient(transport, registrySettings);
  const downloads = new Downloads({
    directory: join(config().dataRoot, "image", images.layers.driverName, "downloads"),
    concurrency: () => config().maxConcurrentDownloads,
  });
  const puller = new Puller({ client, downloads, layers: images.layers, images: images.images, records });
  const pusher = new Pusher({ client, records, concurrency: () => config().maxConcurrentUploads });
  return {
    transport,
    client,
    puller,
    pusher,
    registrySettings,
    proxies: () => proxiesOf(config(), options.proxies),
    mirrorStatus: () => downloads.served.status(),
    sweep: () => downloads.sweep(KEEP_UNFINISHED),
  };
}

/** Settings for the newest configuration; what is parsed from it is kept until it changes. */
function settingsReader(config: () => EngineConfig): () => RegistrySettings {
  let from: string[] | undefined;
  let insecure = new InsecureRegistries();
  return () => {
    const { registryMirrors, registryMirrorsByHost, insecureRegistries } = config();
    if (from !== insecureRegistries) insecure = new InsecureRegistries(insecureRegistries);
    from = insecureRegistries;
    const tls = (domain: string) => loadCerts(domain);
    const hosts = (domain: string) => readHostsFile(domain, CERTS_DIRECTORY);
    return { mirrors: registryMirrors, hostMirrors: registryMirrorsByHost, insecure, tls, hosts };
  };
}

function proxiesOf(config: EngineConfig, environment: ProxySettings): ProxySettings {
  const http = config.httpProxy ?? environment.http;
  const https = config.httpsProxy ?? environment.https;
  const no = config.noProxy ?? environment.no;
  return { ...(http ? { http } : {}), ...(https ? { https } : {}), ...(no ? { no } : {}) };
}

const goArch = (): string => (process.arch === "x64" ? "amd64" : process.arch);
