import { invalidArgument } from "../../errors/errors.ts";

/** What a person gave `docker login`; the content of X-Registry-Auth. */
export interface Credentials {
  username?: string;
  password?: string;
  /** An OAuth2 refresh token. */
  identityToken?: string;
  /** A bearer token to be sent as it is. */
  registryToken?: string;
  serverAddress?: string;
}

const pick = (fields: Record<string, unknown>, ...names: string[]): string | undefined => {
  for (const [name, value] of Object.entries(fields))
    if (names.includes(name.toLowerCase()) && typeof value === "string" && value !== "") return value;
  return undefined;
};

/** Credentials from JSON as clients send it (their letter case varies). */
export function credentialsFrom(value: unknown): Credentials {
  const fields = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  let [username, password] = [pick(fields, "username"), pick(fields, "password")];
  const auth = pick(fields, "auth");
  if (!username && auth) {
    const [user = "", ...rest] = Buffer.from(auth, "base64").toString().split(":");
    [username, password] = [user, rest.join(":").replace(/\0+$/, "")];
  }
  return {
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...optional("identityToken", pick(fields, "identitytoken")),
    ...optional("registryToken", pick(fields, "registrytoken")),
    ...optional("serverAddress", pick(fields, "serveraddress")),
  };
}

const optional = <K extends string>(key: K, value: string | undefined): { [P in K]?: string } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };

/** Reads an X-Registry-Auth header (base64url JSON); an empty or absent one is no credentials. Errors: invalidArgument. */
export function parseAuthHeader(header: string | undefined): Credentials {
  if (!header) return {};
  try {
    return credentialsFrom(JSON.parse(Buffer.from(header, "base64url").toString() || "{}"));
  } catch (cause) {
    throw invalidArgument("invalid X-Registry-Auth header: want base64url-encoded JSON", { cause });
  }
}
