/** The commands about images, and those kept from before there was `docker image`. */
import type { Entry } from "../command.ts";

const history: Entry = {
  summary: "Show the steps that an image was made in",
  load: () => import("./history.ts"),
};
const importEntry: Entry = {
  summary: "Make an image of the files in an archive",
  load: () => import("./import.ts"),
};
const ls: Entry = { summary: "List images", load: () => import("./list.ts") };
const load: Entry = { summary: "Load images from an archive", load: () => import("./load.ts") };
const pull: Entry = { summary: "Download an image from a registry", load: () => import("./pull.ts") };
const push: Entry = { summary: "Upload an image to a registry", load: () => import("./push.ts") };
const rm: Entry = { summary: "Remove one or more images", load: () => import("./remove.ts") };
const save: Entry = { summary: "Save images to an archive", load: () => import("./save.ts") };
const tag: Entry = { summary: "Give an image another name", load: () => import("./tag.ts") };

/** What exists both as `docker NAME` and as `docker image NAME`. */
const BOTH: Record<string, Entry> = { history, import: importEntry, load, pull, push, save, tag };

const IMAGE_GROUP: Record<string, Entry> = {
  ...BOTH,
  build: { summary: "Build an image from a Dockerfile", load: () => import("../build/build.ts") },
  inspect: {
    summary: "Print all that is known about one or more images",
    load: () => import("./inspect.ts"),
  },
  list: { ...ls, hidden: true },
  ls,
  prune: { summary: "Remove unused images", load: () => import("./prune.ts") },
  remove: { ...rm, hidden: true },
  rm,
  rmi: { ...rm, hidden: true },
};

export const IMAGE_COMMANDS: Record<string, Entry> = {
  ...BOTH,
  images: ls,
  rmi: rm,
  image: { summary: "Manage images", group: IMAGE_GROUP },
};
