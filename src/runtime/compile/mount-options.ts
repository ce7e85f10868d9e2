/** Mount options of config.json, sorted into what mount_setattr(2), propagation and the file system take. */

const RDONLY = 0x01;
const NOSUID = 0x02;
const NODEV = 0x04;
const NOEXEC = 0x08;
const ATIME_MASK = 0x70;
const NOATIME = 0x10;
const STRICTATIME = 0x20;
const NODIRATIME = 0x80;
const NOSYMFOLLOW = 0x200000;

const MS_UNBINDABLE = 1 << 17;
const MS_PRIVATE = 1 << 18;
const MS_SLAVE = 1 << 19;
const MS_SHARED = 1 << 20;
const MS_REC = 1 << 14;

export const ATTRIBUTES = { RDONLY, NOSUID, NODEV, NOEXEC, NOATIME } as const;

interface Change {
  set: number;
  clear: number;
}

const on = (set: number): Change => ({ set, clear: 0 });
const off = (clear: number): Change => ({ set: 0, clear });

/** Words that change an attribute of the mount; with "r" before them, of the whole tree below it. */
const ATTRIBUTE_WORDS: Readonly<Record<string, Change>> = {
  ro: on(RDONLY),
  rw: off(RDONLY),
  nosuid: on(NOSUID),
  suid: off(NOSUID),
  nodev: on(NODEV),
  dev: off(NODEV),
  noexec: on(NOEXEC),
  exec: off(NOEXEC),
  nodiratime: on(NODIRATIME),
  diratime: off(NODIRATIME),
  noatime: { set: NOATIME, clear: ATIME_MASK },
  atime: off(ATIME_MASK),
  relatime: off(ATIME_MASK),
  norelatime: off(ATIME_MASK),
  strictatime: { set: STRICTATIME, clear: ATIME_MASK },
  nostrictatime: off(ATIME_MASK),
  nosymfollow: on(NOSYMFOLLOW),
  symfollow: off(NOSYMFOLLOW),
};

/** mount(8)'s words for what fsconfig(2) calls otherwise, or does not know; undefined: nothing to do. */
const SUPERBLOCK_WORDS: Readonly<Record<string, string | undefined>> = {
  async: undefined,
  sync: "sync",
  dirsync: "dirsync",
  lazytime: "lazytime",
  nolazytime: undefined,
  mand: "mand",
  nomand: undefined,
  silent: undefined,
  loud: undefined,
  iversion: undefined,
  noiversion: undefined,
  acl: "acl",
  noacl: "noacl",
};

const PROPAGATION_WORDS: Readonly<Record<string, number>> = {
  private: MS_PRIVATE,
  shared: MS_SHARED,
  slave: MS_SLAVE,
  unbindable: MS_UNBINDABLE,
};

/** Flags for propagation(7) as mount(2) takes them, from "rslave" and its kin; undefined for other words. */
function propagationFlags(word: string): { flags: number; recursive: boolean } | undefined {
  if (Object.hasOwn(PROPAGATION_WORDS, word)) return { flags: PROPAGATION_WORDS[word]!, recursive: false };
  const base = word.slice(1);
  if (word.startsWith("r") && Object.hasOwn(PROPAGATION_WORDS, base))
    return { flags: PROPAGATION_WORDS[base]!, recursive: true };
  return undefined;
}

/** As propagationFlags(), in one number for mount(2). */
export function propagationForMount(word: string): number | undefined {
  const found = propagationFlags(word);
  return found && (found.recursive ? found.flags | MS_REC : found.flags);
}

/** Every word with a meaning of its own here, for "features"; others go to the file system. */
export function mountOptionNames(): string[] {
  const attributes = Object.keys(ATTRIBUTE_WORDS);
  const propagation = Object.keys(PROPAGATION_WORDS);
  const manners = ["bind", "rbind", "defaults", "remount", "tmpcopyup", "idmap", "ridmap"];
  return [...manners, ...attributes, ...propagation]
    .concat([...attributes, ...propagation].map((word) => `r${word}`))
    .concat(Object.keys(SUPERBLOCK_WORDS))
    .sort();
}

export interface MountOptions {
  bind: boolean;
  recursive: boolean;
  attributes: Change;
  treeAttributes: Change;
  propagation: number;
  treePropagation: number;
  copyUp: boolean;
  idmap: "no" | "mount" | "tree";
  /** What is left, for the file system itself. */
  data: string[];
}

function merge(into: Change, change: Change): void {
  into.set = (into.set & ~change.clear) | change.set;
  into.clear = (into.clear & ~change.set) | change.clear;
}

/** Words about how to mount, rather than with which attributes. Returns whether the word was one. */
function takeManner(word: string, options: MountOptions): boolean {
  if (word === "bind") options.bind = true;
  else if (word === "rbind") options.bind = options.recursive = true;
  else if (word === "tmpcopyup") options.copyUp = true;
  else if (word === "idmap") options.idmap = "mount";
  else if (word === "ridmap") options.idmap = "tree";
  else return word === "defaults" || word === "remount" || word === "_netdev";
  return true;
}

function takeAttribute(word: string, options: MountOptions): boolean {
  if (Object.hasOwn(ATTRIBUTE_WORDS, word)) {
    merge(options.attributes, ATTRIBUTE_WORDS[word]!);
    return true;
  }
  const base = word.slice(1);
  if (!word.startsWith("r") || !Object.hasOwn(ATTRIBUTE_WORDS, base)) return false;
  merge(options.treeAttributes, ATTRIBUTE_WORDS[base]!);
  return true;
}

const parsed = new WeakMap<readonly string[], MountOptions>();

/**
 * Sorts the options of one mount; asked again for the same list, it has the answer ready, which is nobody's to change.
 * Unknown words go to the file system, which refuses them by name.
 */
export function parseMountOptions(words: readonly string[]): Readonly<MountOptions> {
  let options = parsed.get(words);
  if (options === undefined) {
    options = sortOptions(words);
    parsed.set(words, options);
  }
  return options;
}

function sortOptions(words: readonly string[]): MountOptions {
  const options: MountOptions = {
    bind: false,
    recursive: false,
    attributes: { set: 0, clear: 0 },
    treeAttributes: { set: 0, clear: 0 },
    propagation: 0,
    treePropagation: 0,
    copyUp: false,
    idmap: "no",
    data: [],
  };
  for (const word of words) {
    if (takeManner(word, options) || takeAttribute(word, options)) continue;
    const propagation = propagationFlags(word);
    if (Object.hasOwn(SUPERBLOCK_WORDS, word)) options.data.push(...[SUPERBLOCK_WORDS[word] ?? []].flat());
    else if (!propagation) options.data.push(word);
    else if (propagation.recursive) options.treePropagation = propagation.flags;
    else options.propagation = propagation.flags;
  }
  return options;
}
