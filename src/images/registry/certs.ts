import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, invalidArgument } from "../../errors/errors.ts";
import type { TLSOptions } from "./transport.ts";

/** Where CAs and client certificates of registries are kept, a folder a host ("example.com:5000"). */
export const CERTS_DIRECTORY = "/etc/docker/certs.d";

/**
 * What the folder of a registry holds: *.crt are CAs; x.cert with x.key is a client certificate.
 * Errors: invalidArgument for a certificate without its key, or a key without its certificate.
 */
export async function loadCerts(
  domain: string,
  directory = CERTS_DIRECTORY,
): Promise<Omit<TLSOptions, "verify"> | undefined> {
  const folder = join(directory, domain);
  // A host never holds a slash; what does would lead elsewhere.
  const names = domain.includes("/") ? [] : await entries(folder);
  const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
  const ca = await Promise.all(names.filter((name) => name.endsWith(".crt")).map(read));
  const pairs = names.filter((name) => name.endsWith(".cert")).map((name) => name.slice(0, -".cert".length));
  for (const base of pairs)
    if (!names.includes(`${base}.key`))
      throw invalidArgument(
        `missing key ${base}.key for client certificate ${base}.cert. CA certificates must use the extension .crt`,
      );
  const lonely = names.find(
    (name) => name.endsWith(".key") && !names.includes(name.replace(/\.key$/, ".cert")),
  );
  if (lonely !== undefined)
    throw invalidArgument(
      `missing client certificate ${lonely.replace(/\.key$/, ".cert")} for key ${lonely}`,
    );
  const [base] = pairs;
  if (ca.length === 0 && base === undefined) return undefined;
  const client =
    base === undefined ? {} : { cert: await read(`${base}.cert`), key: await read(`${base}.key`) };
  return { ...(ca.length > 0 ? { ca: await withSystemRoots(ca) } : {}), ...client };
}

async function entries(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return [];
    throw error;
  }
}

/** A given list of CAs replaces the built-in one; these are meant to be added to it. */
async function withSystemRoots(ca: string[]): Promise<string[]> {
  const { rootCertificates } = await import("node:tls");
  return [...ca, ...rootCertificates];
}
