/** A certificate authority with a server's and a client's certificate, made by openssl for one test file. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

function openssl(folder: string, ...args: string[]): void {
  const child = Bun.spawnSync(["openssl", ...args], { cwd: folder });
  if (child.exitCode !== 0) throw new Error(`openssl ${args.join(" ")}: ${child.stderr}`);
}

/** Writes ca.pem, server.pem, server-key.pem, and for clients cert.pem and key.pem. */
export function makeCertificates(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    folder,
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca-key.pem",
    "-out",
    "ca.pem",
    "-days",
    "2",
    "-subj",
    "/CN=ca",
  );
  writeFileSync(join(folder, "names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  for (const [name, certificate, keyFile] of [
    ["server", "server.pem", "server-key.pem"],
    ["client", "cert.pem", "key.pem"],
  ] as const) {
    openssl(folder, "req", ...key, "-keyout", keyFile, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const sign = [
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca-key.pem",
      "-CAcreateserial",
      "-days",
      "2",
      "-extfile",
      "names",
    ];
    openssl(folder, "x509", "-req", "-in", `${name}.csr`, ...sign, "-out", certificate);
  }
}
