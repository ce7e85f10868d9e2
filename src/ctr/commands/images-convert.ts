import { ignoreMissing } from "../../errors/errors.ts";
import { ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import { print } from "../cli.ts";
import { command } from "../command.ts";
import { withLease } from "../image/lease.ts";
import { PLATFORM_FLAGS, platformOf } from "./images-registry.ts";

export const convert = command({
  summary: "Make another image of an image, in another form",
  usage: "[flags] SOURCE TARGET",
  flags: {
    uncompress: { kind: "bool", help: "Layers without compression" },
    oci: { kind: "bool", help: "OCI's media types for Docker's" },
    ...PLATFORM_FLAGS,
  },
  min: 2,
  max: 2,
  async run(cli, { flags, args: [source, name] }) {
    const { Converter } = await import("../image/convert.ts");
    const images = cli.client(ImagesDefinition);
    const { image } = await images.get({ name: source! }, cli.call);
    const { mediaType, digest, size } = image!.target!;
    await withLease(cli, async (call) => {
      const how = {
        uncompress: flags.uncompress ?? false,
        oci: flags.oci ?? false,
        platform: platformOf(flags),
      };
      const converter = new Converter(cli, call, how);
      const made = await converter.convert({ mediaType, digest, size: Number(size) });
      const target = { mediaType: made.mediaType, digest: made.digest, size: BigInt(made.size) };
      await images.delete({ name: name! }, cli.call).catch(ignoreMissing);
      await images.create({ image: { name: name!, labels: image!.labels, target } }, cli.call);
      print(made.digest);
    });
    return undefined;
  },
});
