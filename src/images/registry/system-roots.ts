import { readFile } from "node:fs/promises";
import { errnoOf } from "../../errors/errors.ts";

/** Where distributions keep the CAs that the machine's owner trusts, their own among them. */
const BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The machine's CAs as PEM; undefined if there is no bundle. (Bun by itself knows Mozilla's list alone.) */
export async function systemRoots(bundles: readonly string[] = BUNDLES): Promise<string | undefined> {
  for (const file of bundles) {
    try {
      return await readFile(file, "utf8");
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
  return undefined;
}

const UNKNOWN_AUTHORITY = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** True for the failure of a request whose server's certificate no known CA has signed. */
export const isUnknownAuthority = (error: unknown): boolean =>
  UNKNOWN_AUTHORITY.has(String((error as { code?: unknown } | null)?.code ?? ""));
