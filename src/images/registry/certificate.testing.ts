import { join } from "node:path";

/** A certificate of "localhost", signed by itself, as k.pem and c.pem in a folder: what Bun.serve() takes. */
export function makeCertificate(folder: string) {
  const [key, cert] = [join(folder, "k.pem"), join(folder, "c.pem")];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const subject = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const made = Bun.spawnSync(["openssl", ...request, "-keyout", key, "-out", cert, ...subject]);
  if (made.exitCode !== 0) throw new Error(made.stderr.toString());
  return { key: Bun.file(key), cert: Bun.file(cert) };
}
