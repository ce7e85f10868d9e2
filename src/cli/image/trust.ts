const YES = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const NO = new Set(["", "0", "f", "F", "false", "FALSE", "False"]);

/** The flag --disable-content-trust, and whether it was given. */
export interface TrustChoice {
  disabled: boolean;
  given: boolean;
}

/**
 * Refuses to go on when signatures are asked for, by flag or by DOCKER_CONTENT_TRUST: they are not implemented, and
 * nobody who relies on them must get an image unverified. A digest names its image by itself and needs none.
 */
export function refuseContentTrust({ disabled, given }: TrustChoice): void {
  const variable = process.env["DOCKER_CONTENT_TRUST"] ?? "";
  // What is neither yes nor no counts as yes, as stock has it.
  const wanted = given ? !disabled : YES.has(variable) || !NO.has(variable);
  if (!wanted) return;
  throw new Error(
    "content trust is not implemented: name the image by its digest, or give --disable-content-trust",
  );
}
