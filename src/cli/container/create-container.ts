import type { ContainerCreateResponse } from "../../api/schema.ts";
import { isNotFound, messageOf } from "../../errors/errors.ts";
import {
  familiarReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from "../../reference/reference.ts";
import type { Cli } from "../cli.ts";
import { readPlatform } from "../platform.ts";
import { consoleSize } from "../stream/tty-size.ts";
import { openCidFile } from "./cid-file.ts";
import type { CreateBody } from "./options/create-body.ts";

/** A container to be made, and how. */
export interface Creation {
  body: CreateBody;
  name: string | undefined;
  /** OS/ARCH[/VARIANT]; undefined for the engine's own choice. */
  platform: string | undefined;
  /** "always", "missing" or "never". */
  pull: string;
  /** Whether a pull is silent. */
  quiet: boolean;
}

const IMAGE_ID = /^([a-f0-9]{64}|sha256:[a-f0-9]{64})$/;

/** Makes a container, pulling its image when told to, and prints the engine's warnings. Returns its id. */
export async function createContainer(cli: Cli, creation: Creation): Promise<string> {
  const cidFile = openCidFile(creation.body.HostConfig.ContainerIDFile);
  try {
    const created = await createWithImage(cli, creation);
    for (const warning of created.Warnings ?? []) cli.err(`WARNING: ${warning}\n`);
    cidFile?.write(created.Id);
    return created.Id;
  } finally {
    cidFile?.close();
  }
}

async function createWithImage(cli: Cli, creation: Creation): Promise<ContainerCreateResponse> {
  const { body, pull } = creation;
  const reference = IMAGE_ID.test(body.Image) ? undefined : withDefaultTag(parseReference(body.Image));
  if (pull === "always" && reference) await pullImage(cli, creation, reference);
  body.HostConfig.ConsoleSize = consoleSize();
  try {
    return await request(cli, creation);
  } catch (error) {
    if (!isNotFound(error) || !reference || pull !== "missing") throw error;
    if (!creation.quiet) cli.err(`Unable to find image '${familiarReference(reference)}' locally\n`);
    await pullImage(cli, creation, reference);
    return request(cli, creation);
  }
}

function request(cli: Cli, { body, name, platform }: Creation): Promise<ContainerCreateResponse> {
  const query = { name: name || undefined, platform: platform ? platformText(platform) : undefined };
  return cli.client.json("POST", "/containers/create", { query, json: body });
}

/** OS/ARCHITECTURE[/VARIANT] in the normal form. Errors: for what is no platform. */
function platformText(text: string): string {
  try {
    const { os, architecture, variant } = readPlatform(text);
    return [os, architecture, variant].filter(Boolean).join("/");
  } catch (error) {
    throw new Error(`error parsing specified platform: ${messageOf(error)}`);
  }
}

async function pullImage(cli: Cli, creation: Creation, reference: Reference): Promise<void> {
  const { pullMissing } = await import("./pull-missing.ts");
  await pullMissing(cli, reference, creation.platform, creation.quiet);
}
