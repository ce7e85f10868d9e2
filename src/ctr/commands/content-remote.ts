/** Content from and to registries, object by object. */

import { ContentDefinition } from "../../proto/containerd/services/content/v1/content.ts";
import { ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import { print } from "../cli.ts";
import { command } from "../command.ts";
import { REGISTRY_FLAGS, reach, remoteName } from "../registry/remote.ts";
import { sendBlob } from "../registry/send.ts";
import { PLATFORM_FLAGS, pullImage } from "./images-registry.ts";

export const fetch = command({
  summary: "Fetch an image from a registry, without unpacking it",
  usage: "[flags] IMAGE",
  flags: {
    ...REGISTRY_FLAGS,
    ...PLATFORM_FLAGS,
    label: { kind: "list", help: "A label of the image, NAME=VALUE" },
    "all-metadata": { kind: "bool", help: "Manifests and configurations of all platforms" },
    "metadata-only": { kind: "bool", help: "Manifests and configurations only" },
  },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [name] }) {
    await pullImage(cli, name!, flags);
    const { image } = await cli.client(ImagesDefinition).get({ name: name! }, cli.call);
    print(`${image!.name}: ${image!.target!.digest}`);
    return undefined;
  },
});

export const fetchObject = command({
  summary: "Write the manifest that a name of a registry stands for to stdout, or a blob by its digest",
  usage: "[flags] IMAGE [DIGEST]",
  flags: REGISTRY_FLAGS,
  min: 1,
  max: 2,
  async run(_, { flags, args: [name, digest] }) {
    const remote = remoteName(name!);
    const stdout = Bun.stdout.writer();
    await reach(remote, flags, "pull", async (repository) => {
      if (digest === undefined) {
        stdout.write((await repository.manifest(remote.object)).raw);
        return;
      }
      for await (const piece of repository.bytes(await repository.blob(digest, 0))) {
        stdout.write(piece);
        await stdout.flush();
      }
    });
    await stdout.end();
    return undefined;
  },
});

export const pushObject = command({
  summary: "Send a blob of the daemon to a registry, or a manifest",
  usage: "[flags] IMAGE DIGEST TYPE",
  flags: REGISTRY_FLAGS,
  min: 3,
  max: 3,
  async run(cli, { flags, args: [name, digest, mediaType] }) {
    const remote = remoteName(name!);
    const { info } = await cli.client(ContentDefinition).info({ digest: digest! }, cli.call);
    const blob = { digest: digest!, mediaType: mediaType!, size: Number(info?.size ?? 0) };
    await reach(remote, flags, "push", async (repository) => {
      if (!mediaType!.includes("manifest") && !mediaType!.includes("index"))
        return sendBlob(
          { cli, repository, platform: undefined, parallel: 1, nonDistributable: true, onDone: () => {} },
          blob,
        );
      const { readBlob } = await import("../image/blobs.ts");
      const raw = await readBlob(cli, digest!);
      await repository.putManifest(remote.object, mediaType!, raw, new AbortController().signal);
    });
    print(`pushed ${digest} ${mediaType}`);
    return undefined;
  },
});
