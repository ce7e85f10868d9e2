import type { Method, Route } from "./route.ts";

interface Compiled {
  route: Route;
  pattern: RegExp;
  names: string[];
}

export interface Match {
  route: Route;
  params: Record<string, string>;
}

/** Finds the route of a request. Routes without parameters win over those with; else the first one stated. */
export class Router {
  readonly #fixed = new Map<string, Route>();
  readonly #byMethod = new Map<Method, Compiled[]>();

  constructor(routes: Route[]) {
    for (const route of routes) this.#add(route);
  }

  #add(route: Route): void {
    if (!route.path.includes("{")) {
      this.#fixed.set(`${route.method} ${route.path}`, route);
      return;
    }
    const list = this.#byMethod.get(route.method) ?? [];
    list.push(compile(route));
    this.#byMethod.set(route.method, list);
  }

  /** `path` is without the version prefix and still percent-encoded. */
  find(method: string, path: string): Match | undefined {
    const fixed = this.#fixed.get(`${method} ${path}`);
    if (fixed) return { route: fixed, params: {} };
    for (const { route, pattern, names } of this.#byMethod.get(method as Method) ?? []) {
      const match = pattern.exec(path);
      if (match) return { route, params: paramsOf(names, match) };
    }
    return undefined;
  }

  /** The methods that the path has routes for, for telling "no such page" from "wrong method". */
  methodsOf(path: string): string[] {
    return ["GET", "HEAD", "POST", "PUT", "DELETE"].filter((method) => this.find(method, path));
  }
}

function compile(route: Route): Compiled {
  const names: string[] = [];
  const source = route.path.replace(/\{(\w+)(:\.\*)?\}/g, (_, name: string, rest?: string) => {
    names.push(name);
    return rest ? "(.+)" : "([^/]+)";
  });
  return { route, pattern: new RegExp(`^${source}$`), names };
}

function paramsOf(names: string[], match: RegExpExecArray): Record<string, string> {
  return Object.fromEntries(names.map((name, i) => [name, decode(match[i + 1] ?? "")]));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
