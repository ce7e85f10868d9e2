/** The commands that build images. */
import type { Entry } from "../command.ts";

const build: Entry = { summary: "Build an image from a Dockerfile", load: () => import("./build.ts") };

/** `docker build`, and `docker builder ...`; `docker image build` is added to the image group. */
export const BUILD_COMMANDS: Record<string, Entry> = {
  build,
  builder: {
    summary: "Manage builds",
    group: {
      build,
      du: { summary: "Show what the build cache takes of the disk", load: () => import("./disk-usage.ts") },
      prune: { summary: "Remove the build cache", load: () => import("./prune.ts") },
    },
  },
};
