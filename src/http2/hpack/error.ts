import { CODE, ConnectionError } from "../errors.ts";

/** The two sides' tables can no longer be the same: the connection is lost. */
export const compressionError = (message: string) => new ConnectionError(CODE.COMPRESSION_ERROR, message);
