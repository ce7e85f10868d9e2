import type { Network } from "../../../api/schema.ts";
import { invalidArgument } from "../../../errors/errors.ts";
import { matchesLabels } from "../labels.ts";

export const LIST_FILTERS = ["dangling", "driver", "id", "label", "name", "scope", "type"] as const;

const PREDEFINED = new Set(["bridge", "host", "none"]);

/** True if a network passes the filters of GET /networks. Errors: invalidArgument. */
export function passes(filters: Map<string, string[]>, network: Network): boolean {
  return [...filters].every(([name, values]) => values.length === 0 || matches(name, values, network));
}

function matches(name: string, values: string[], network: Network): boolean {
  switch (name) {
    case "driver":
      return values.includes(network.Driver!);
    case "id":
      return values.some((value) => matchesText(value, network.Id!));
    case "name":
      return values.some((value) => matchesText(value, network.Name!));
    case "scope":
      return values.includes(network.Scope!);
    case "label":
      return matchesLabels(values, network.Labels);
    case "type":
      return values.some((value) => isOfType(value, network));
    case "dangling":
      return isDangling(network) === truth(values);
    default:
      return true;
  }
}

/** Part of the text, or a regular expression that it matches. */
function matchesText(wanted: string, text: string): boolean {
  if (text.includes(wanted)) return true;
  try {
    return new RegExp(wanted).test(text);
  } catch {
    return false;
  }
}

function isOfType(type: string, { Name }: Network): boolean {
  if (type === "builtin") return PREDEFINED.has(Name!);
  if (type === "custom") return !PREDEFINED.has(Name!);
  throw invalidArgument(`invalid filter: 'type'='${type}'`);
}

const isDangling = ({ Name, Containers }: Network) =>
  !PREDEFINED.has(Name!) && Object.keys(Containers ?? {}).length === 0;

function truth(values: string[]): boolean {
  if (values.length > 1) throw invalidArgument('got more than one value for filter key "dangling"');
  if (values[0] === "true" || values[0] === "1") return true;
  if (values[0] === "false" || values[0] === "0") return false;
  throw invalidArgument(`invalid filter 'dangling=[${values[0]}]'`);
}
