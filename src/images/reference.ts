/** Names of images; shared with the client. */
export * from "../reference/reference.ts";
