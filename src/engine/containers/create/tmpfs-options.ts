import { invalidArgument } from "../../../errors/errors.ts";

const TMPFS_VALUES = ["mode", "size", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"];
const TMPFS_FLAGS =
  /^(defaults|ro|rw|r?bind|(no)?(suid|dev|exec|atime|diratime)|suid|dev|exec|a?sync|(dir)?sync|(no)?mand|remount|(norel|rel|strict)atime|r?(private|shared|slave|unbindable))$/;

/** The options of --tmpfs. Errors: invalidArgument. */
export function checkTmpfsOptions(options: string): void {
  for (const option of options.split(",")) {
    const [name = "", ...value] = option.split("=");
    if (option === "" || (value.length === 0 && TMPFS_FLAGS.test(name))) continue;
    if (value.length === 0 || !TMPFS_VALUES.includes(name))
      throw invalidArgument(`invalid tmpfs option ${quoted([name, ...value])}`);
  }
}

const quoted = (words: string[]): string => `[${words.map((word) => JSON.stringify(word)).join(" ")}]`;
