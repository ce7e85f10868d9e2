/** The commands about registries. */
import type { Entry } from "../command.ts";

export const REGISTRY_COMMANDS: Record<string, Entry> = {
  login: { summary: "Log in to a registry", load: () => import("./login.ts") },
  logout: { summary: "Log out from a registry", load: () => import("./logout.ts") },
  search: { summary: "Search Docker Hub for images", load: () => import("./search.ts") },
};
