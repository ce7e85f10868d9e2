import type { LogContext } from "./types.ts";

const SHORT = 12;

/** What a driver that sends lines away calls the container: --log-opt tag=, by default its short id. */
export function tagOf(options: Record<string, string>, context: LogContext): string {
  return expandTag(options["tag"] || "{{.ID}}", context);
}

/** Fills the Go template fields of a log tag; one that is none stays as it is. */
export function expandTag(tag: string, context: LogContext): string {
  const { id, name, image, imageID, command } = context;
  const fields: Record<string, string> = {
    ID: id.slice(0, SHORT),
    FullID: id,
    Name: name,
    ImageID: imageID.replace(/^sha256:/, "").slice(0, SHORT),
    ImageFullID: imageID,
    ImageName: image,
    Command: command,
    DaemonName: "docker",
  };
  return tag.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, field: string) => fields[field] ?? whole);
}
