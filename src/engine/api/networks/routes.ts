import type { Route } from "../../http/route.ts";
export function networkRoutes(_backend: object): Route[] {
  return [];
}
