import { HUB_KEY } from "../config/auth.ts";

/** The name that credentials for a server are kept under; no server is Docker Hub. */
export function serverKey(server: string | undefined): string {
  if (!server || server === "docker.io") return HUB_KEY;
  return hostOf(server);
}

/** "http://host:5000/v2/" as "host:5000". */
export const hostOf = (server: string): string => server.replace(/^https?:\/\//, "").split("/", 1)[0]!;
