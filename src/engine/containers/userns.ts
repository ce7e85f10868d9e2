/** Containers whose ids are mapped (--userns-remap): who owns their files, and which namespace they run in. */
import { chmodSync, chownSync } from "node:fs";
import type { HostConfig } from "../../api/schema.ts";
import { invalidArgument } from "../../errors/errors.ts";
import { hostRoot, type IDMap } from "../../linux/id-map.ts";
import type { Env } from "./env.ts";

type Files = Pick<Env, "images">;

/** How the files of all containers are owned, also of those that run in the host's user namespace. */
export const idsOf = (env: Files): IDMap | undefined => env.images.layers.ids;

/** The map of the user namespace that a container gets; undefined if it runs in the host's. */
export function mapFor(env: Env, { UsernsMode }: HostConfig): IDMap | undefined {
  return UsernsMode === "host" ? undefined : idsOf(env);
}

/** Hands a file of the engine's to the root of containers. */
export function giveToRoot(env: Files, path: string): void {
  const { uid, gid } = hostRoot(idsOf(env));
  chownSync(path, uid, gid);
}

/** Lets the root of containers pass through a folder of the engine's, but not look into it. */
export function letRootPass(env: Files, path: string): void {
  const { gid } = hostRoot(idsOf(env));
  chownSync(path, 0, gid);
  chmodSync(path, 0o710);
}

/** What a container in a user namespace cannot have. Errors: invalidArgument, with stock's texts. */
export function checkUserns(host: HostConfig, ids: IDMap | undefined): void {
  if (!ids || host.UsernsMode === "host") return;
  if (host.Privileged)
    throw invalidArgument(
      "privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode",
    );
  if (host.NetworkMode === "host")
    throw invalidArgument("cannot share the host's network namespace when user namespaces are enabled");
  if (host.PidMode === "host")
    throw invalidArgument("cannot share the host PID namespace when user namespaces are enabled");
}
