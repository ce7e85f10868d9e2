import { readFileSync } from "node:fs";
import { failedPrecondition, messageOf } from "../../errors/errors.ts";
import type { EngineConfig } from "../config/config.ts";

export interface TLSOptions {
  cert: Buffer;
  key: Buffer;
  ca?: Buffer;
  /** Clients must have a certificate of the authority. */
  requestCert: boolean;
  rejectUnauthorized: boolean;
  minVersion: "TLSv1.2";
}

/** The TLS side of tcp:// addresses; undefined when they are plain. Errors: failedPrecondition, naming the file. */
export function tlsOptions(config: EngineConfig): TLSOptions | undefined {
  const { tls, tlsVerify, tlsCACert, tlsCert, tlsKey } = config;
  if (!tls && !tlsVerify) return undefined;
  const pair = "could not load X509 key pair (make sure the key is not encrypted)";
  return {
    cert: read(tlsCert, pair),
    key: read(tlsKey, pair),
    ...(tlsVerify ? { ca: read(tlsCACert, "could not read CA certificate") } : {}),
    requestCert: tlsVerify,
    rejectUnauthorized: tlsVerify,
    minVersion: "TLSv1.2",
  };
}

function read(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw failedPrecondition(
      `invalid TLS configuration: ${what} ${JSON.stringify(path)}: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
}
