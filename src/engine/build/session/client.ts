/** What a build asks of its client's session. */
import { isNotFound, kindOf } from "../../../errors/errors.ts";
import type { Credentials } from "../../../images/registry/credentials.ts";
import { SecretsDefinition } from "../../../proto/moby/buildkit/secrets/v1/secrets.ts";
import { AuthDefinition } from "../../../proto/moby/filesync/v1/filesync.ts";
import type { Session } from "./sessions.ts";

/** What a client asks for that it is asked under, for Docker Hub. */
const HUB = "https://index.docker.io/v1/";

/** A secret's value; undefined if the client has none of that id. Errors: unavailable, cancelled. */
export async function secretOf(
  { connection }: Session,
  ID: string,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return (await connection.unary(SecretsDefinition, SecretsDefinition.methods.getSecret, { ID }, signal))
      .data;
  } catch (error) {
    if (isNotFound(error) || kindOf(error) === "notImplemented") return undefined;
    throw error;
  }
}

/** Credentials for a registry; empty ones if the client has none. Errors: unavailable, cancelled. */
export async function sessionCredentials(
  { connection }: Session,
  domain: string,
  signal: AbortSignal,
): Promise<Credentials> {
  const Host = domain === "docker.io" ? HUB : domain;
  const { credentials } = AuthDefinition.methods;
  const found = await connection.unary(AuthDefinition, credentials, { Host }, signal).catch((error) => {
    if (kindOf(error) === "notImplemented") return { Username: "", Secret: "" };
    throw error;
  });
  if (found.Secret === "") return {};
  return found.Username === ""
    ? { identityToken: found.Secret }
    : { username: found.Username, password: found.Secret };
}
