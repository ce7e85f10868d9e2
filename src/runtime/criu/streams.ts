/**
 * A container's three streams, which come from outside: each gets a new one when it is restored. Pipes go by the name
 * that runc gives them too; files and FIFOs, which runc cannot take along, by CRIU's name for them.
 */
import { invalidArgument, messageOf } from "../../errors/errors.ts";
import { readSmallFile, replaceSmallFile } from "../../linux/fd.ts";
import { readLink } from "../../linux/folder.ts";
import type { ContainerRecord } from "../state/store.ts";

/** runc's name for the file in the folder of images; each can read the other's. */
const FILE = "descriptors.json";

/** CRIU's name of an open file: file[MOUNT:INODE], hexadecimal. Undefined if the kernel does not tell. */
export function fileName(fdinfo: string): string | undefined {
  const number = (name: string) => new RegExp(`^${name}:\\s*(\\d+)$`, "m").exec(fdinfo)?.[1];
  const [mount, inode] = [number("mnt_id"), number("ino")];
  return mount && inode && `file[${Number(mount).toString(16)}:${BigInt(inode).toString(16)}]`;
}

/** The streams by name. One that the process has replaced meanwhile keeps the name that it had at first. */
export function dumpedStreams({ streams = [], pid, spec }: ContainerRecord): string[] {
  if (spec.process?.terminal) return streams;
  return streams.map((first, fd) => {
    if (!first.startsWith("/") || first === "/dev/null") return first;
    try {
      if (readLink(`/proc/${pid}/fd/${fd}`) !== first) return first;
      return fileName(readSmallFile(`/proc/${pid}/fdinfo/${fd}`)) ?? first;
    } catch {
      // Closed meanwhile.
      return first;
    }
  });
}

const isFile = (name: string) => name.startsWith("file[");

/** Those of the streams that CRIU must be told to leave alone. */
export const outsideFiles = (streams: readonly string[]): string[] => [...new Set(streams.filter(isFile))];

/** Keeps the names of the standard streams beside the images, for the restore. */
export function saveStreams(folder: string, streams: readonly string[]): void {
  replaceSmallFile(`${folder}/${FILE}`, JSON.stringify(streams), 0o600);
}

/** For each stream that is to be replaced: its name in the images, and the descriptor of CRIU that takes its place. */
export function inheritedStreams(folder: string): { key: string; fd: number }[] {
  const path = `${folder}/${FILE}`;
  let names: unknown;
  try {
    names = JSON.parse(readSmallFile(path));
  } catch (error) {
    throw invalidArgument(`${path}: ${messageOf(error)}: is this a folder that checkpoint has written?`);
  }
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
    throw invalidArgument(`${path}: want a list of strings`);
  return names.flatMap((name: string, fd) =>
    fd < 3 && (name.includes("pipe:") || isFile(name)) ? [{ key: name, fd }] : [],
  );
}
