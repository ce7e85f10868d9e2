/** Build arguments: which exist, which a stage has declared, which were never asked for. */

const PREDEFINED = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
]);
/** Set for the whole build, and never said to be unused. */
const SPECIAL = [
  "SOURCE_DATE_EPOCH",
  "BUILDKIT_DOCKERFILE_CHECK",
  "BUILDKIT_INLINE_CACHE",
  "BUILDKIT_SYNTAX",
];

export class BuildArgs {
  readonly #given: ReadonlyMap<string, string>;
  /** Declared before the first FROM, with its value. */
  readonly #meta: Map<string, string | undefined>;
  readonly #declared = new Map<string, string | undefined>();
  readonly #referenced: Set<string>;

  constructor(
    given: ReadonlyMap<string, string>,
    meta: Map<string, string | undefined>,
    referenced: Set<string> = new Set(),
  ) {
    this.#given = given;
    this.#meta = meta;
    this.#referenced = referenced;
  }

  /** For a stage, which has declared nothing yet. */
  forStage(): BuildArgs {
    return new BuildArgs(this.#given, new Map(this.#meta), this.#referenced);
  }

  declareMeta(key: string, value: string | undefined): void {
    this.#meta.set(key, value);
    this.#referenced.add(key);
  }

  declare(key: string, value: string | undefined): void {
    this.#declared.set(key, value);
    this.#referenced.add(key);
  }

  isDeclared(key: string): boolean {
    return this.#declared.has(key) || PREDEFINED.includes(key) || SPECIAL.includes(key);
  }

  /** Counts for the cache and the history: declared, or no predefined one. */
  isVisible(key: string): boolean {
    return this.#declared.has(key) || !PREDEFINED.includes(key);
  }

  #value(key: string, fallback: string | undefined): string | undefined {
    return this.#given.get(key) ?? fallback ?? this.#meta.get(key);
  }

  /** What holds before the first FROM. */
  meta(): Map<string, string> {
    return this.#collect(this.#meta);
  }

  /** What holds in the stage. */
  inStage(): Map<string, string> {
    return this.#collect(this.#declared);
  }

  #collect(declared: ReadonlyMap<string, string | undefined>): Map<string, string> {
    const values = new Map<string, string>();
    for (const key of [...PREDEFINED, ...declared.keys()].sort()) {
      const value = declared.has(key) ? this.#value(key, declared.get(key)) : this.#given.get(key);
      if (value !== undefined) values.set(key, value);
    }
    return values;
  }

  /** "KEY=value" of those that no variable of the environment hides. */
  besides(env: readonly string[]): string[] {
    const names = new Set(env.map((entry) => entry.split("=")[0]));
    return [...this.inStage()].filter(([key]) => !names.has(key)).map(([key, value]) => `${key}=${value}`);
  }

  /** Those of `names`, which were given, that are declared nowhere. */
  unused(names: readonly string[]): string[] {
    return names
      .filter((key) => !this.#referenced.has(key) && !PREDEFINED.includes(key) && !SPECIAL.includes(key))
      .sort();
  }
}
