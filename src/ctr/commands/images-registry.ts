import { hostPlatform, parsePlatform } from "../../images/registry/platform.ts";
import { ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import { LeasesDefinition } from "../../proto/containerd/services/leases/v1/leases.ts";
import { type Cli, print } from "../cli.ts";
import { command } from "../command.ts";
import type { Descriptor } from "../image/config.ts";
import { holdLease, nameImage } from "../image/load.ts";
import { openImage } from "../image/open.ts";
import { parseLabels } from "../labels.ts";
import { fetchAll } from "../registry/fetch.ts";
import { REGISTRY_FLAGS, type RegistryFlags, reach, remoteName } from "../registry/remote.ts";
import { sendAll } from "../registry/send.ts";

/** Layers at the same time, unless told otherwise. */
const PARALLEL = 3;

export interface PullFlags extends RegistryFlags {
  label?: string[];
  platform?: string;
  "all-platforms"?: boolean;
  "all-metadata"?: boolean;
  "metadata-only"?: boolean;
  "max-concurrent-downloads"?: number;
}

const kindOf = (mediaType: string): string => {
  if (mediaType.includes("manifest.list") || mediaType.includes("index")) return "index";
  if (mediaType.includes("manifest")) return "manifest";
  return mediaType.includes("config") || mediaType.includes("container.image") ? "config" : "layer";
};

const tell = ({ mediaType, digest }: Descriptor, present: boolean): void =>
  print(`${kindOf(mediaType)}-${digest}: ${present ? "exists" : "done"}`);

export const platformOf = (flags: { platform?: string; "all-platforms"?: boolean }) => {
  if (flags["all-platforms"]) return undefined;
  return flags.platform === undefined ? hostPlatform() : parsePlatform(flags.platform);
};

/** Fetches all that a name stands for, and gives it that name among the daemon's images. */
export async function pullImage(cli: Cli, name: string, flags: PullFlags): Promise<void> {
  const remote = remoteName(name);
  const lease = await holdLease(cli);
  const labels = parseLabels(flags.label ?? []);
  try {
    const { result } = await reach(remote, flags, "pull", (repository) =>
      fetchAll(
        {
          ...{ cli, repository, labels: {}, onDone: tell },
          call: { ...cli.longCall, lease },
          platform: platformOf(flags),
          allMetadata: flags["all-metadata"] === true || flags["metadata-only"] === true,
          metadataOnly: flags["metadata-only"] === true,
          parallel: flags["max-concurrent-downloads"] || PARALLEL,
        },
        remote.object,
      ),
    );
    await nameImage(cli, name, result, labels);
  } finally {
    await cli.client(LeasesDefinition).delete({ id: lease }, cli.call);
  }
}

export const PLATFORM_FLAGS = {
  platform: { kind: "string", help: "For this platform, such as linux/arm64", value: "PLATFORM" },
  "all-platforms": { kind: "bool", help: "For all platforms" },
} as const;

export const pull = command({
  summary: "Fetch an image from a registry and unpack it",
  usage: "[flags] IMAGE",
  flags: {
    ...REGISTRY_FLAGS,
    ...PLATFORM_FLAGS,
    "all-metadata": { kind: "bool", help: "Manifests and configurations of all platforms" },
    label: { kind: "list", help: "A label of the image, NAME=VALUE" },
    snapshotter: { kind: "string", help: "The snapshotter", value: "NAME", fallback: "overlayfs" },
    "print-chainid": { kind: "bool", help: "Print the name of the image's topmost snapshot" },
    "max-concurrent-downloads": { kind: "int", help: "Layers at the same time", fallback: String(PARALLEL) },
  },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [name] }) {
    const start = performance.now();
    await pullImage(cli, name!, flags);
    const image = await openImage(cli, name!, platformOf({ ...flags, "all-platforms": false }));
    print(`unpacking ${image.platform} ${image.target.digest}...`);
    const chain = await image.unpack(flags.snapshotter ?? "overlayfs");
    if (flags["print-chainid"]) print(`image chain ID: ${chain}`);
    print(`done: ${((performance.now() - start) / 1000).toFixed(3)}s`);
    return undefined;
  },
});

export const push = command({
  summary: "Send an image to a registry",
  usage: "[flags] REMOTE [IMAGE]",
  flags: {
    ...REGISTRY_FLAGS,
    platform: PLATFORM_FLAGS.platform,
    manifest: { kind: "string", help: "Send this manifest, not an image's", value: "DIGEST" },
    "manifest-type": {
      kind: "string",
      help: "Its media type",
      value: "TYPE",
      fallback: "application/vnd.oci.image.manifest.v1+json",
    },
    "allow-non-distributable-blobs": { kind: "bool", help: "Send layers too that say they are not to be" },
    "max-concurrent-uploaded-layers": {
      kind: "int",
      help: "Layers at the same time",
      fallback: String(PARALLEL),
    },
  },
  min: 1,
  max: 2,
  async run(cli, { flags, args: [name, local = name] }) {
    const remote = remoteName(name!);
    const target = flags.manifest
      ? {
          digest: flags.manifest,
          mediaType: flags["manifest-type"] ?? "application/vnd.oci.image.manifest.v1+json",
        }
      : (await cli.client(ImagesDefinition).get({ name: local! }, cli.call)).image!.target!;
    const { mediaType, digest } = target;
    const parallel = flags["max-concurrent-uploaded-layers"] || PARALLEL;
    const platform = flags.platform === undefined ? undefined : parsePlatform(flags.platform);
    await reach(remote, flags, "push", (repository) =>
      sendAll(
        {
          ...{ cli, repository, platform, parallel, onDone: tell },
          nonDistributable: flags["allow-non-distributable-blobs"] ?? false,
        },
        { mediaType, digest, size: 0 },
        remote.object,
      ),
    );
    return undefined;
  },
});
