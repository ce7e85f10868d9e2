import { parseFilter, type Selector } from "./parse.ts";
import { compilePattern } from "./pattern.ts";

/** The value of a field, by its path; undefined when the object has no such field. */
export type FieldReader<T> = (object: T, path: readonly string[]) => string | undefined;

/** Compiles filters to a test. No filters let everything through. Errors: invalidArgument. */
export function compileFilters<T>(filters: readonly string[], read: FieldReader<T>): (object: T) => boolean {
  const alternatives = filters.map((text) => parseFilter(text).map((selector) => compile(selector, read)));
  if (alternatives.length === 0) return () => true;
  return (object) => alternatives.some((selectors) => selectors.every((test) => test(object)));
}

/** A field that is not there is empty to != and to patterns, as in containerd; so is a bad pattern, which fits nothing. */
function compile<T>({ path, operator, value }: Selector, read: FieldReader<T>): (object: T) => boolean {
  switch (operator) {
    case "present":
      return (object) => (read(object, path) ?? "") !== "";
    case "==":
      return (object) => read(object, path) === value;
    case "!=":
      return (object) => (read(object, path) ?? "") !== value;
    case "~=": {
      const pattern = compilePattern(value);
      return (object) => pattern?.test(read(object, path) ?? "") ?? false;
    }
  }
}

/** Reads `labels.<name>`, where the name may itself hold dots. */
export function labelOf(labels: Record<string, string>, path: readonly string[]): string | undefined {
  const name = path.slice(1).join(".");
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}
