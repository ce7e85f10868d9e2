import { invalidArgument } from "../../errors/errors.ts";
import { parseFilter, type Selector } from "./parse.ts";

/** The value of a field, by its path; undefined when the object has no such field. */
export type FieldReader<T> = (object: T, path: readonly string[]) => string | undefined;

/** Compiles filters to a test. No filters let everything through. Errors: invalidArgument. */
export function compileFilters<T>(filters: readonly string[], read: FieldReader<T>): (object: T) => boolean {
  const alternatives = filters.map((text) => parseFilter(text).map((selector) => compile(selector, read)));
  if (alternatives.length === 0) return () => true;
  return (object) => alternatives.some((selectors) => selectors.every((test) => test(object)));
}

function compile<T>({ path, operator, value }: Selector, read: FieldReader<T>): (object: T) => boolean {
  switch (operator) {
    case "present":
      return (object) => (read(object, path) ?? "") !== "";
    case "==":
      return (object) => read(object, path) === value;
    case "!=":
      return (object) => read(object, path) !== value;
    case "~=": {
      const pattern = compilePattern(value);
      return (object) => {
        const field = read(object, path);
        return field !== undefined && pattern.test(field);
      };
    }
  }
}

function compilePattern(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (cause) {
    throw invalidArgument(`filter: ${JSON.stringify(source)} is no regular expression`, { cause });
  }
}

/** Reads `labels.<name>`, where the name may itself hold dots. */
export function labelOf(labels: Record<string, string>, path: readonly string[]): string | undefined {
  const name = path.slice(1).join(".");
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}
