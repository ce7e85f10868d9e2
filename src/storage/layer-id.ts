import { invalidArgument } from "../errors/errors.ts";

/**
 * Returns the id of a layer, if it can be the name of a folder below the driver's. An empty one, as a crash may leave
 * in a record, would be the driver's folder itself with every layer in it. Errors: invalidArgument.
 */
export function checkLayerID(id: string): string {
  if (!isLayerID(id)) throw invalidArgument(`${JSON.stringify(id)} is no name of a storage layer`);
  return id;
}

/** True for what can be the name of a layer. */
export const isLayerID = (id: string): boolean => /^[A-Za-z0-9][\w.-]*$/.test(id) && id !== "l";
