import type { ContainerConfig } from "../../api/schema.ts";
import { invalidArgument } from "../../errors/errors.ts";
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
  const own = container.config as ContainerDefaults;
  const config = structuredClone(isEmpty(options.config) ? own : options.config!);
  if (changes.length > 0) (await import("./changes.ts")).applyChanges(config, changes);
  inherit(config, own);
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

const isEmpty = (value: object | null | undefined): boolean => !value || Object.keys(value).length === 0;

/** Takes over from the container's configuration what the image's own does not say, as stock does. */
function inherit(config: ContainerDefaults, own: ContainerDefaults): void {
  for (const field of ["User", "WorkingDir", "StopSignal"] as const)
    if (!config[field] && own[field]) config[field] = own[field];
  for (const field of ["Labels", "ExposedPorts", "Volumes"] as const)
    if (!isEmpty(own[field])) Object.assign(config, { [field]: { ...own[field], ...config[field] } });
  const env = withDefaults(config.Env ?? [], own.Env ?? []);
  config.Env = env.length > 0 ? env : null;
  if (isEmpty(config.Entrypoint)) {
    if (isEmpty(config.Cmd)) config.Cmd = own.Cmd;
    config.Entrypoint ??= own.Entrypoint;
  }
  if (own.Healthcheck) config.Healthcheck = { ...own.Healthcheck, ...given(config.Healthcheck ?? {}) };
}

const given = <T extends object>(health: T): Partial<T> => {
  const set = Object.entries(health).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value));
  return Object.fromEntries(set) as Partial<T>;
};

const keyOf = (entry: string): string => entry.split("=", 1)[0]!;

function withDefaults(env: string[], defaults: string[]): string[] {
  const keys = new Set(env.map(keyOf));
  return [...env, ...defaults.filter((entry) => !keys.has(keyOf(entry)))];
}
