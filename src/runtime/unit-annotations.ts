/** Annotations "org.systemd.property.NAME": properties of the container's unit, under --systemd-cgroup. */
import { invalidArgument, messageOf } from "../errors/errors.ts";
import type { Variant } from "../linux/systemd/marshal.ts";
import type { Property } from "../linux/systemd/scope.ts";
import { parseVariant } from "../linux/systemd/variant-text.ts";

const PREFIX = "org.systemd.property.";
const SECOND_US = 1_000_000;

/** As systemd has it: only microseconds are properties. */
function microseconds({ signature, value }: Variant): Variant {
  if (signature === "d") return { signature: "t", value: BigInt(Math.round((value as number) * SECOND_US)) };
  if (!"ynqiuxt".includes(signature) || (value as bigint) < 0n)
    throw invalidArgument("not a number of seconds");
  return { signature: "t", value: (value as bigint) * BigInt(SECOND_US) };
}

function propertyOf(name: string, text: string): Property {
  if (!/^[A-Za-z]{3,}$/.test(name))
    throw invalidArgument("the name must be three letters or more, and only those");
  const value = parseVariant(text);
  return /[a-z]Sec$/.test(name) ? [`${name.slice(0, -3)}USec`, microseconds(value)] : [name, value];
}

/** A name that ends in "Sec" is a time in seconds. Errors: invalidArgument, with the annotation. */
export function unitAnnotations(annotations: Readonly<Record<string, string>>): Property[] {
  return Object.entries(annotations)
    .filter(([key]) => key.startsWith(PREFIX))
    .map(([key, text]) => {
      try {
        return propertyOf(key.slice(PREFIX.length), text);
      } catch (error) {
        throw invalidArgument(`annotations: ${key}=${text}: ${messageOf(error)}`, { cause: error });
      }
    });
}
