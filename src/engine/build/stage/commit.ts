/** Every step of a build becomes an image: the one before it, with a layer more or a configuration changed. */
import type { ImageRoot } from "../../../images/open.ts";
import type { ContainerDefaults, Digest, HistoryEntry, Image, ImageConfig } from "../../../images/types.ts";
import { VERSION } from "../../../version/version.ts";
import { clampTimes } from "./clamp.ts";
import { completeConfig } from "./config.ts";
import type { StageState } from "./state.ts";

/** Digest of an archive with nothing in it: such a layer is left out. */
const EMPTY_LAYER: Digest = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

export interface Step {
  /** What the step ran, or would have; its Cmd becomes the history's created_by. */
  containerConfig: ContainerDefaults;
  /** Of the container that the step is recorded with; none for COPY and ADD. */
  containerID?: string;
  /** The layer it made. */
  layer?: AsyncIterable<Uint8Array>;
  comment?: string;
}

export interface Committer {
  images: ImageRoot;
  /** Seconds since 1970: everything is made as if at this time, and nothing by chance gets into the image. */
  epoch: number | undefined;
}

/** Makes the image of a step, and moves the stage on to it. Errors: the layer's. */
export async function commitStep(committer: Committer, state: StageState, step: Step): Promise<Image> {
  const { images, epoch } = committer;
  const parent = state.image;
  const tar = step.layer && epoch !== undefined ? clampTimes(step.layer, epoch) : step.layer;
  const layer = tar ? await images.layers.register(tar, parent?.chainID) : undefined;
  try {
    const diffID = layer?.diffID === EMPTY_LAYER ? undefined : layer?.diffID;
    const config = imageConfig(state, reproducible(step, epoch), diffID, createdAt(epoch));
    const image = await images.images.create(Buffer.from(JSON.stringify(config)));
    if (parent && image.parent === undefined) await images.images.setParent(image.id, parent.id);
    state.image = image;
    return image;
  } finally {
    if (layer) await images.layers.release(layer);
  }
}

const createdAt = (epoch: number | undefined): string =>
  (epoch === undefined ? new Date() : new Date(epoch * 1000)).toISOString().replace(".000Z", "Z");

function reproducible(step: Step, epoch: number | undefined): Step {
  if (epoch === undefined) return step;
  const { containerID: _, ...rest } = step;
  return { ...rest, containerConfig: { ...step.containerConfig, Hostname: "" } };
}

function imageConfig(
  state: StageState,
  step: Step,
  diffID: Digest | undefined,
  created: string,
): ImageConfig {
  const parent = state.image?.config;
  const author = state.author;
  const entry: HistoryEntry = {
    created,
    ...(author ? { author } : {}),
    created_by: (step.containerConfig.Cmd ?? []).join(" "),
    ...(step.comment ? { comment: step.comment } : {}),
    ...(diffID === undefined ? { empty_layer: true } : {}),
  };
  const diffIDs = [...(parent?.rootfs.diff_ids ?? []), ...(diffID === undefined ? [] : [diffID])];
  const { BuildKey: _, ...config } = state.config;
  const variant = parent ? parent.variant : state.platform.variant;
  return {
    architecture: parent?.architecture ?? state.platform.architecture,
    ...(author ? { author } : {}),
    config: completeConfig(config),
    ...(step.containerID ? { container: step.containerID } : {}),
    container_config: completeConfig(step.containerConfig),
    created,
    docker_version: VERSION,
    history: [...(parent?.history ?? []), entry],
    os: parent?.os ?? "linux",
    rootfs: { type: "layers", ...(diffIDs.length > 0 ? { diff_ids: diffIDs } : {}) },
    ...(variant ? { variant } : {}),
  };
}
