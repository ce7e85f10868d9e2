/** linux.personality → operation. */
import { invalidArgument } from "../../errors/errors.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import type { Plan } from "../plan/ops.ts";

const DOMAINS: Readonly<Record<string, number>> = { LINUX: 0x0000, LINUX32: 0x0008 };

export function personalityOps(spec: Spec): Plan {
  const personality = spec.linux?.personality;
  if (!personality) return [];
  const persona = DOMAINS[personality.domain];
  if (persona === undefined)
    throw invalidArgument(
      `linux.personality.domain: want LINUX or LINUX32, not ${JSON.stringify(personality.domain)}`,
    );
  if ((personality.flags ?? []).length > 0)
    throw invalidArgument("linux.personality.flags: no flags are supported");
  return [{ op: "personality", tag: "linux.personality", persona }];
}
