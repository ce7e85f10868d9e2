/** Rules of the device cgroup: which devices the processes of a container may open or create. */
import { invalidArgument } from "../../errors/errors.ts";
import type { LinuxDeviceCgroup } from "../../oci/runtime-spec.ts";

export interface DeviceRule {
  allow: boolean;
  type: "a" | "b" | "c";
  /** Undefined: every number. */
  major: number | undefined;
  minor: number | undefined;
  access: string;
  /** As the files of cgroup v1 take it: "c 1:3 rwm". */
  text: string;
}

/** Letters of `access` that are not rights are left out, as with runc. */
function rule(
  allow: boolean,
  type: string,
  major: number | undefined,
  minor: number | undefined,
  access: string,
): DeviceRule {
  if (!/^[abc]$/.test(type))
    throw invalidArgument(`device rule of type ${JSON.stringify(type)}: want a, b or c`);
  const rights = access.replace(/[^rwm]/g, "");
  if (rights === "")
    throw invalidArgument(`device rule with access ${JSON.stringify(access)}: want letters of rwm`);
  const number = (n: number | undefined) => (n === undefined ? "*" : String(n));
  const text =
    type === "a" && major === undefined ? "a" : `${type} ${number(major)}:${number(minor)} ${rights}`;
  return { allow, type: type as "a" | "b" | "c", major, minor, access: rights, text };
}

/** What every container may use, as runc has it: nodes of any kind can be made, the standard ones used. */
const STANDARD: DeviceRule[] = [
  rule(true, "c", undefined, undefined, "m"),
  rule(true, "b", undefined, undefined, "m"),
  rule(true, "c", 1, 3, "rwm"),
  rule(true, "c", 1, 5, "rwm"),
  rule(true, "c", 1, 7, "rwm"),
  rule(true, "c", 1, 8, "rwm"),
  rule(true, "c", 1, 9, "rwm"),
  rule(true, "c", 5, 0, "rwm"),
  rule(true, "c", 5, 2, "rwm"),
  rule(true, "c", 136, undefined, "rwm"),
  // tun and tap: makes nothing possible without CAP_NET_ADMIN, and VPNs in containers count on it.
  rule(true, "c", 10, 200, "rwm"),
];

const negative = (n: number | undefined) => (n === undefined || n < 0 ? undefined : n);

/** The rules of linux.resources.devices followed by the standard ones, without those that a later one makes void. */
export function deviceRules(asked: readonly LinuxDeviceCgroup[]): DeviceRule[] {
  const rules = asked.map((d) =>
    rule(d.allow, d.type || "a", negative(d.major), negative(d.minor), d.access || "rwm"),
  );
  // Whatever is not allowed is denied, also where no rule says so.
  const all = [rule(false, "a", undefined, undefined, "rwm"), ...rules, ...STANDARD];
  const rest = all.slice(all.findLastIndex((r) => r.text === "a"));
  if (rest[0]?.allow === true && rest[0].text === "a" && rest.every((r) => r.allow)) return [rest[0]];
  const seen = new Set<string>();
  return rest.filter((r) => {
    const key = `${r.allow} ${r.text}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
