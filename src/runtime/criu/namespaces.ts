/** Namespaces that a container has joined: they are no part of its images, and stay or must be there when it is restored. */
import { invalidArgument, messageOf } from "../../errors/errors.ts";
import { O_RDONLY, openFd } from "../../linux/fd.ts";
import { readLink } from "../../linux/folder.ts";
import type { LinuxNamespace, NamespaceType, Spec } from "../../oci/runtime-spec.ts";

interface Outside {
  word: string;
  key: string;
}

/** Those that CRIU leaves alone, by the key that connects dump and restore. */
const OUTSIDE: Partial<Record<NamespaceType, Outside>> = {
  network: { word: "net", key: "extRootNetNS" },
  pid: { word: "pid", key: "extRootPidNS" },
};

/** CRIU's words for those that it joins when it restores. */
const JOINED: Partial<Record<NamespaceType, string>> = {
  ipc: "ipc",
  uts: "uts",
  user: "user",
  mount: "mnt",
  time: "time",
};

const joined = (spec: Spec): (LinuxNamespace & { path: string })[] =>
  (spec.linux?.namespaces ?? []).flatMap((n) => (n.path ? [{ ...n, path: n.path }] : []));

/** For a dump: the value of "external" for each, such as net[4026531840]:extRootNetNS. */
export function dumpedNamespaces(spec: Spec, pid: number): string[] {
  return joined(spec).flatMap(({ type }) => {
    const outside = OUTSIDE[type];
    if (!outside) return [];
    const inode = /\[(\d+)\]/.exec(readLink(`/proc/${pid}/ns/${outside.word}`))?.[1];
    return [`${outside.word}[${inode}]:${outside.key}`];
  });
}

export interface RestoredNamespaces {
  inherited: { key: string; fd: number }[];
  joined: { ns: string; nsFile: string }[];
}

/** For a restore: opens those that CRIU is handed (`keep` closes them later) and counts them from `first` on. */
export function restoredNamespaces(
  spec: Spec,
  first: number,
  keep: (fd: number) => void,
): RestoredNamespaces {
  const result: RestoredNamespaces = { inherited: [], joined: [] };
  for (const { type, path } of joined(spec)) {
    const outside = OUTSIDE[type];
    const word = JOINED[type];
    if (outside) {
      keep(openNamespace(path, type));
      result.inherited.push({ key: outside.key, fd: first + result.inherited.length });
    } else if (word) result.joined.push({ ns: word, nsFile: path });
    else
      throw invalidArgument(
        `linux.namespaces: CRIU cannot join a namespace of type ${type}: leave its path out`,
      );
  }
  return result;
}

function openNamespace(path: string, type: string): number {
  try {
    return openFd(path, O_RDONLY);
  } catch (error) {
    throw invalidArgument(`Requested ${type} namespace ${path} does not exist: ${messageOf(error)}`);
  }
}
