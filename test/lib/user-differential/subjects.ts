/**
 * What users type, by subject: the .txt files beside this one, a command line each. Empty lines, and those that begin
 * with #, are for readers; those that begin with ~ run only with PEQUOD_LINES=all, as they take time, or depend on it.
 * The lines of a subject follow upon each other; the subjects do not.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Subject {
  name: string;
  lines: string[];
}

/** All subjects, or those whose names contain one of the words of PEQUOD_SUBJECTS ("ports exec"). */
export function readSubjects(): Subject[] {
  const wanted = (process.env["PEQUOD_SUBJECTS"] ?? "").split(" ").filter((word) => word !== "");
  const all = process.env["PEQUOD_LINES"] === "all";
  return readdirSync(import.meta.dir)
    .filter((file) => file.endsWith(".txt"))
    .filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)))
    .sort()
    .map((file) => ({
      name: file.replace(/^\d+-|\.txt$/g, ""),
      lines: readFileSync(join(import.meta.dir, file), "utf8")
        .split("\n")
        .filter((line) => line.trim() !== "" && !line.startsWith("#") && (all || !line.startsWith("~")))
        .map((line) => line.replace(/^~ /, "")),
    }));
}
