/** Connections to systemd's manager: the machine's, or that of a user without root. */
import { unavailable } from "../../errors/errors.ts";
import { readSmallFile } from "../fd.ts";
import { pathExists } from "../path-exists.ts";
import { Bus, SYSTEM_BUS } from "./bus.ts";
import type { Variant } from "./marshal.ts";

/** Whose manager. */
export type ManagerKind = "system" | "user";

export const SYSTEMD = { destination: "org.freedesktop.systemd1", path: "/org/freedesktop/systemd1" };
export const MANAGER = "org.freedesktop.systemd1.Manager";

/** The user that the host sees in this process, in whatever user namespace it is. */
export function hostUser(
  user: number = process.geteuid?.() ?? 0,
  map: string = readSmallFile("/proc/self/uid_map"),
): number {
  for (const line of map.trim().split("\n")) {
    const [inside = 0, outside = 0, size = 0] = line.trim().split(/\s+/).map(Number);
    if (user >= inside && user < inside + size) return outside + user - inside;
  }
  return user;
}

/** Where a user's manager is reached: on the user's bus, or else by its own socket, which takes one peer only. */
export function userAddress(
  user: number,
  env: Readonly<Record<string, string | undefined>> = process.env,
  exists: (path: string) => boolean = pathExists,
): { path: string; direct: boolean } {
  const folder = env["XDG_RUNTIME_DIR"] || `/run/user/${user}`;
  const given = /^unix:path=([^,;]+)/.exec(env["DBUS_SESSION_BUS_ADDRESS"] ?? "")?.[1];
  const bus = [given, `${folder}/bus`].find((path) => path !== undefined && exists(path));
  if (bus !== undefined) return { path: bus, direct: false };
  const own = `${folder}/systemd/private`;
  if (exists(own)) return { path: own, direct: true };
  throw unavailable(
    `systemd of user ${user} cannot be reached: neither ${folder}/bus nor ${own} is there: log in by logind (loginctl enable-linger), set XDG_RUNTIME_DIR, or leave --systemd-cgroup out`,
  );
}

/** Errors: unavailable. */
export async function connectManager(kind: ManagerKind): Promise<Bus> {
  const user = hostUser();
  const address = kind === "user" ? userAddress(user) : { path: SYSTEM_BUS, direct: false };
  return Bus.connect({ ...address, user });
}

/** The cgroup below which the manager's units are; "" for the root. */
export async function managerCgroup(bus: Bus): Promise<string> {
  const [value] = await bus.call({
    ...SYSTEMD,
    interface: "org.freedesktop.DBus.Properties",
    member: "Get",
    signature: "ss",
    body: [MANAGER, "ControlGroup"],
  });
  return String((value as Variant).value).replace(/\/$/, "");
}
