/** What else a round makes while daemons die: an image, a volume or a network, that is there afterwards or is not. */
import { join } from "node:path";
import type { Random } from "../lib/random.ts";
import type { ChaosChain } from "./chain.ts";

export const OBJECTS = ["image", "committed image", "volume", "network"] as const;

export interface ObjectOfRound {
  kind: (typeof OBJECTS)[number];
  name: string;
  /** Whether the client said that it was made. */
  acknowledged: boolean;
}

export function objectOf(round: number, random: Random): ObjectOfRound {
  return { kind: random.pick(OBJECTS), name: `o${round}`, acknowledged: false };
}

/** The client's commands that make one, in order; "committed image" needs the container `base`. */
function commandsFor({ kind, name }: ObjectOfRound, chain: ChaosChain): string[][] {
  switch (kind) {
    case "image":
      return [
        ["load", "-q", "-i", join(chain.folder, "busybox.tar")],
        ["tag", "busybox", name],
      ];
    case "committed image":
      return [
        ["create", "--name", `${name}-base`, "busybox", "true"],
        ["commit", `${name}-base`, name],
      ];
    case "volume":
      return [["volume", "create", "--label", "of=chaos", name]];
    case "network":
      return [["network", "create", name]];
  }
}

export async function makeObject(chain: ChaosChain, object: ObjectOfRound): Promise<void> {
  for (const command of commandsFor(object, chain)) if ((await chain.docker(...command)).code !== 0) return;
  object.acknowledged = true;
}

/** It works, and can be removed. */
export async function faultsOfObject(chain: ChaosChain, object: ObjectOfRound): Promise<string[]> {
  const { kind, name, acknowledged } = object;
  const isImage = kind === "image" || kind === "committed image";
  const seen = await chain.docker(isImage ? "image" : kind, "inspect", name);
  if (seen.code !== 0) return acknowledged ? [`${kind} ${name} is lost: ${seen.stderr.trim()}`] : [];
  const options = { volume: ["-v", `${name}:/v`], network: ["--network", name] }[kind as string] ?? [];
  const run = ["--network", "none", ...options].slice(kind === "network" ? 2 : 0);
  const used = await chain.docker("run", "--rm", ...run, isImage ? name : "busybox", "echo", "works");
  const removed = await chain.docker(isImage ? "image" : kind, "rm", name);
  return [
    ...(used.stdout === "works\n" ? [] : [`${kind} ${name} cannot be used: ${used.stderr.trim()}`]),
    ...(removed.code === 0 ? [] : [`${kind} ${name} cannot be removed: ${removed.stderr.trim()}`]),
  ];
}
