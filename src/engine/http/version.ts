import { invalidArgument } from "../../errors/errors.ts";
import { API_VERSION, MIN_API_VERSION } from "../../version/version.ts";

/** An Engine API version, such as 1.41, that can be compared. */
export class ApiVersion {
  readonly major: number;
  readonly minor: number;

  constructor(text: string) {
    const match = /^v?(\d+)\.(\d+)$/.exec(text);
    if (!match)
      throw invalidArgument(`malformed API version ${JSON.stringify(text)}: want "1.41" or the like`);
    this.major = Number(match[1]);
    this.minor = Number(match[2]);
  }

  /** True for this version and later ones. */
  atLeast(version: string): boolean {
    const other = new ApiVersion(version);
    return this.major > other.major || (this.major === other.major && this.minor >= other.minor);
  }

  toString(): string {
    return `${this.major}.${this.minor}`;
  }
}

const CURRENT = new ApiVersion(API_VERSION);

/** The version of a request: that of its path, or the current one. Errors: invalidArgument outside of what is served. */
export function requestVersion(text: string | undefined): ApiVersion {
  if (text === undefined) return CURRENT;
  const version = new ApiVersion(text);
  if (!CURRENT.atLeast(text)) {
    throw invalidArgument(
      `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`,
    );
  }
  if (!version.atLeast(MIN_API_VERSION)) {
    throw invalidArgument(
      `client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, please upgrade your client to a newer version`,
    );
  }
  return version;
}
