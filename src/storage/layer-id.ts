import { invalidArgument } from "../errors/errors.ts";

/**
 * Returns the id of a layer, if it can be the name of a folder below the driver's. An empty one, as a crash may leave
 * in a record, would be the driver's folder itself with every layer in it. Errors: invalidArgument.
 */
export function checkLayerID(id: string): string {
  if (!/^[A-Za-z0-9][\w.-]*$/.test(id) || id === "l")
    throw invalidArgument(`${JSON.stringify(id)} is no name of a storage layer`);
  return id;
}
