import type { ContainerConfig } from "../../api/schema.ts";
import { invalidArgument } from "../../errors/errors.ts";
import { applyChanges } from "../../images/changes.ts";
import { makeImage } from "../../images/make.ts";
import type { ImageRoot } from "../../images/open.ts";
import {
  canonicalReference,
  familiarReference,
  parseReference,
  withDefaultTag,
} from "../../images/reference.ts";
import type { ContainerDefaults } from "../../images/types.ts";
import { VERSION } from "../../version/version.ts";
import type { CommitOptions } from "../api/images/backend.ts";
import type { EventBus } from "../events/bus.ts";

type Labels = Record<string, string> | undefined;

/** What a commit needs of a container. */
export interface Committable {
  id: string;
  name: string;
  imageID: string;
  /** The name the image was asked for by. */
  imageName: string;
  config: ContainerConfig;
  /** Stops it from writing while the layer is read; undefined if it does not run. */
  pause(): Promise<(() => Promise<void>) | undefined>;
}

/** POST /commit: an image of what a container has written. Gives the image's id. Errors: invalidArgument, notFound. */
export async function commitContainer(
  root: ImageRoot,
  events: EventBus,
  container: Committable,
  options: CommitOptions,
): Promise<string> {
  const { repo, tag, comment, author, changes } = options;
  const reference =
    repo === "" ? undefined : withDefaultTag(parseReference(tag === "" ? repo : `${repo}:${tag}`));
  if (reference?.digest !== undefined) throw invalidArgument("cannot commit to a digest reference");
  const config = merged(options.config, container.config as ContainerDefaults);
  applyChanges(config, changes);
  const resume = options.pause ? await container.pause() : undefined;
  try {
    const parent = root.images.has(container.imageID) ? root.images.get(container.imageID) : undefined;
    const image = await makeImage(root, root.layers.getRWLayer(container.id).tarStream(), {
      config,
      history: {
        created_by: (container.config.Cmd ?? []).join(" "),
        ...(author ? { author } : {}),
        ...(comment ? { comment } : {}),
      },
      author,
      containerID: container.id,
      containerConfig: container.config as ContainerDefaults,
      dockerVersion: VERSION,
      ...(parent ? { parent } : {}),
    });
    if (reference) {
      await root.references.add(canonicalReference(reference), image.id);
      root.images.setLastUpdated(image.id);
      events.publish("image", "tag", image.id, {
        ...(config["Labels"] as Labels),
        name: familiarReference(reference),
      });
    }
    const attributes = {
      comment,
      imageID: image.id,
      imageRef: reference ? familiarReference(reference) : "",
    };
    events.publish("container", "commit", container.id, {
      ...container.config.Labels,
      image: container.imageName,
      name: container.name,
      ...attributes,
    });
    return image.id;
  } finally {
    await resume?.();
  }
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  value === false ||
  (Array.isArray(value) && !value.length);

/** What a request says of the new image's configuration; the rest is the container's. */
function merged(given: ContainerDefaults | undefined, own: ContainerDefaults): ContainerDefaults {
  const config: ContainerDefaults = structuredClone(own);
  for (const [field, value] of Object.entries(given ?? {})) if (!isEmpty(value)) config[field] = value;
  const key = (entry: string): string => entry.slice(0, entry.indexOf("="));
  const keys = new Set((given?.Env ?? []).map(key));
  if (given?.Env?.length)
    config.Env = [...given.Env, ...(own.Env ?? []).filter((entry) => !keys.has(key(entry)))];
  if (given?.Labels) config.Labels = { ...own.Labels, ...given.Labels };
  if (given?.ExposedPorts) config.ExposedPorts = { ...own.ExposedPorts, ...given.ExposedPorts };
  if (given?.Volumes) config.Volumes = { ...own.Volumes, ...given.Volumes };
  return config;
}
