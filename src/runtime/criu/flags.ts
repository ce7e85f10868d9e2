/** The flags that checkpoint and restore share, as options of CRIU. */
import { invalidArgument } from "../../errors/errors.ts";
import { NAMESPACES } from "../../linux/namespaces.ts";
import type { MessageOf } from "../../protobuf/message.ts";
import { CGROUP_MODES, type CriuOptions } from "./messages.ts";

export interface Folders {
  images: string;
  /** Default: where the images are. */
  work?: string;
}

export type Options = Partial<MessageOf<typeof CriuOptions>>;

export const COMMON_FLAGS = {
  "image-path": { kind: "string", help: "Folder of CRIU's images (default: ./checkpoint)", value: "PATH" },
  "work-path": { kind: "string", help: "Folder of CRIU's log and work files", value: "PATH" },
  "tcp-established": { kind: "bool", help: "Allow open TCP connections" },
  "ext-unix-sk": { kind: "bool", help: "Allow unix sockets connected to the outside" },
  "shell-job": { kind: "bool", help: "Allow a shell's job" },
  "lazy-pages": { kind: "bool", help: "Transfer memory pages when they are used (userfaultfd)" },
  "file-locks": { kind: "bool", help: "Take file locks along" },
  "manage-cgroups-mode": { kind: "string", help: "soft, full, strict or ignore", value: "MODE" },
  "empty-ns": { kind: "list", help: "Namespace whose content is left out: network", value: "NAMESPACE" },
  "auto-dedup": { kind: "bool", help: "Drop pages of the parent image that are there again" },
} as const;

export interface CommonValues {
  "image-path"?: string;
  "work-path"?: string;
  "tcp-established"?: boolean;
  "ext-unix-sk"?: boolean;
  "shell-job"?: boolean;
  "lazy-pages"?: boolean;
  "file-locks"?: boolean;
  "manage-cgroups-mode"?: string;
  "empty-ns"?: string[];
  "auto-dedup"?: boolean;
}

function cgroupMode(word: string | undefined): number {
  if (!word) return CGROUP_MODES.default;
  if (word !== "default" && Object.hasOwn(CGROUP_MODES, word))
    return CGROUP_MODES[word as keyof typeof CGROUP_MODES];
  throw invalidArgument(
    `Invalid manage-cgroups-mode value ${JSON.stringify(word)}: want soft, full, strict or ignore`,
  );
}

/** The network devices are the caller's to make anew, so the network namespace is always left empty. */
function emptyNamespaces(names: readonly string[] = []): number {
  for (const name of names)
    if (name !== "network") throw invalidArgument(`namespace ${JSON.stringify(name)} is not supported`);
  return NAMESPACES.network.flag;
}

/** Errors: invalidArgument. */
export function commonOptions(values: CommonValues): Options {
  return {
    logLevel: 4,
    notifyScripts: true,
    orphanPtsMaster: true,
    manageCgroups: true,
    manageCgroupsMode: cgroupMode(values["manage-cgroups-mode"]),
    emptyNamespaces: emptyNamespaces(values["empty-ns"]),
    tcpEstablished: values["tcp-established"] ?? false,
    extUnixSk: values["ext-unix-sk"] ?? false,
    shellJob: values["shell-job"] ?? false,
    fileLocks: values["file-locks"] ?? false,
    autoDedup: values["auto-dedup"] ?? false,
    lazyPages: values["lazy-pages"] ?? false,
  };
}

const absolute = (path: string) => (path.startsWith("/") ? path : `${process.cwd()}/${path}`);

/** The folders of the flags; as for runc, images are in `checkpoint` of the working folder unless it is given. */
export const foldersOf = (values: CommonValues): Folders => ({
  images: absolute(values["image-path"] || "checkpoint"),
  ...(values["work-path"] ? { work: absolute(values["work-path"]) } : {}),
});

const DEFAULT_CONFIGURATION = "/etc/criu/runc.conf";

/** A configuration file for CRIU, which goes before the options: by annotation, "" for none. */
export function configuration(annotations: Readonly<Record<string, string>> | undefined): Options {
  const configFile = annotations?.["org.criu.config"] ?? DEFAULT_CONFIGURATION;
  return configFile === "" ? {} : { configFile };
}

/** The "ADDRESS:PORT" of --page-server. Errors: invalidArgument. */
export function pageServer(text: string | undefined): Options {
  if (!text) return {};
  const [, address, port] = /^(?:\[(?=.*\]))?([^\]]+)\]?:(\d+)$/.exec(text) ?? [];
  if (!address || !port) throw invalidArgument("Use --page-server ADDRESS:PORT to specify page server");
  return { pageServer: { address, port: Number(port) } };
}
