import type { Network } from "../../../api/schema.ts";
import { invalidArgument } from "../../../errors/errors.ts";
import { matchesText, truthOf } from "../../http/filters.ts";
import { matchesLabels } from "../labels.ts";

export const LIST_FILTERS = ["dangling", "driver", "id", "label", "name", "scope", "type"] as const;

const PREDEFINED = new Set(["bridge", "host", "none"]);

/** True if a network passes the filters of GET /networks. Errors: invalidArgument. */
export function passes(filters: Map<string, string[]>, network: Network): boolean {
  const dangling = truthOf(filters, "dangling");
  if (dangling !== undefined && isDangling(network) !== dangling) return false;
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
    default:
      return true;
  }
}

function isOfType(type: string, { Name }: Network): boolean {
  if (type === "builtin") return PREDEFINED.has(Name!);
  if (type === "custom") return !PREDEFINED.has(Name!);
  throw invalidArgument(`invalid filter: 'type'='${type}'`);
}

const isDangling = ({ Name, Containers }: Network) =>
  !PREDEFINED.has(Name!) && Object.keys(Containers ?? {}).length === 0;
