/** Manifests of the old format, for tests. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export interface LegacyStep {
  blob: string;
  /** The v1 configuration. */
  step: object;
}

/** Without signatures; steps topmost first. */
export function legacyManifest(steps: readonly LegacyStep[]): Buffer {
  const fields = {
    schemaVersion: 1,
    name: "some/thing",
    tag: "latest",
    architecture: "amd64",
    fsLayers: steps.map(({ blob }) => ({ blobSum: blob })),
    history: steps.map(({ step }) => ({ v1Compatibility: JSON.stringify(step) })),
  };
  return Buffer.from(JSON.stringify(fields, null, 3));
}

/** With a signature by a new key, in libtrust's pretty form, which stock checks. */
export function signed(manifest: Buffer): Buffer {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const tail = "\n}";
  const head = manifest.subarray(0, manifest.length - tail.length);
  const said = JSON.stringify({
    formatLength: head.length,
    formatTail: Buffer.from(tail).toString("base64url"),
    time: "2016-01-01T00:00:00Z",
  });
  const protectedHeader = Buffer.from(said).toString("base64url");
  const input = `${protectedHeader}.${manifest.toString("base64url")}`;
  const { crv, kty, x, y } = publicKey.export({ format: "jwk" });
  const signature = {
    header: { jwk: { crv, kid: keyID(publicKey), kty, x, y }, alg: "ES256" },
    signature: sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString(
      "base64url",
    ),
    protected: protectedHeader,
  };
  return Buffer.concat([head, Buffer.from(`,\n   "signatures": ${JSON.stringify([signature])}${tail}`)]);
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** libtrust's name of a key: 240 bits of its hash in base 32, in groups of four. */
function keyID(key: KeyObject): string {
  const hash = createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest();
  const bits = [...hash.subarray(0, 30)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const digits = bits.match(/.{5}/g)!.map((five) => BASE32[Number.parseInt(five, 2)]);
  return digits.join("").match(/.{4}/g)!.join(":");
}
