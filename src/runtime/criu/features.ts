import { failedPrecondition } from "../../errors/errors.ts";
import { REQUEST } from "./messages.ts";
import { CriuSession } from "./session.ts";

/** Throws failedPrecondition unless CRIU and the kernel can do it. */
export function requireFeature(
  name: "memoryTracking" | "lazyPages",
  none: readonly [number, number, number],
): void {
  const session = new CriuSession(none);
  const { features } = session.run({ type: REQUEST.featureCheck, features: { [name]: true } }, () => {});
  const words = { memoryTracking: "MemTrack", lazyPages: "LazyPages" };
  if (!features?.[name]) throw failedPrecondition(`criu is missing features: [${words[name]}]`);
}
